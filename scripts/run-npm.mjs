import process from 'node:process'
import { runProgram } from './run-program.mjs'

/**
 * Runs npm: the one that started this process, or else the one on PATH, which on Windows is a .cmd.
 * @param {readonly string[]} args
 * @param {{ cwd: string, limitMs?: number, env?: Record<string, string> }} options
 */
export function runNpm(args, options) {
  const running = process.env['npm_execpath']
  return running !== undefined && /npm-cli\.[cm]?js$/.test(running)
    ? runProgram(process.execPath, [running, ...args], options)
    : runProgram('npm', args, { ...options, shell: process.platform === 'win32' })
}
