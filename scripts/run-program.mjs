import { spawn } from 'node:child_process'
import process from 'node:process'

/**
 * Runs a program to its end, without input, and keeps everything it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, limitMs?: number, shell?: boolean, env?: Record<string, string> }} options
 * @returns {Promise<{ ok: boolean, output: string }>} `ok` when it exited with 0 in time
 */
export function runProgram(command, args, { cwd, limitMs, shell = false, env = {} }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      shell,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(limitMs === undefined ? {} : { timeout: limitMs }),
    })
    let output = ''
    for (const channel of [child.stdout, child.stderr]) {
      channel.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text))
    }
    child.once('error', (problem) => resolve({ ok: false, output: `${command}: ${problem.message}\n` }))
    child.once('close', (code, signal) => {
      if (signal !== null) output += `${command} was ended by ${signal}${inTime(limitMs)}\n`
      resolve({ ok: code === 0, output })
    })
  })
}

/** @param {number | undefined} limitMs */
function inTime(limitMs) {
  return limitMs === undefined ? '' : `; it has at most ${limitMs / 1000} s`
}
