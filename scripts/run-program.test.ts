import { describe, expect, it } from 'vitest'
import { runProgram } from './run-program.mjs'

const cwd = import.meta.dirname
const run = (code: string, options: { limitMs?: number; env?: Record<string, string> } = {}) =>
  runProgram(process.execPath, ['-e', code], { cwd, ...options })

describe('runProgram', () => {
  it('keeps what is printed on both channels', async () => {
    const { ok, output } = await run('console.log("out"); console.error("err")')
    expect(ok).toBe(true)
    expect(output.split('\n').sort()).toEqual(['', 'err', 'out'])
  })

  it('says no to an exit code other than 0', async () => {
    expect(await run('process.exit(3)')).toEqual({ ok: false, output: '' })
  })

  it('ends a program that takes too long, and says so', async () => {
    const { ok, output } = await run('console.log("begun"); setInterval(() => {}, 1000)', { limitMs: 3000 })
    expect(ok).toBe(false)
    expect(output).toMatch(/begun[^]*ended by SIGTERM; it has at most 3 s/)
  })

  it('names a program that is not there', async () => {
    const { ok, output } = await runProgram('no-such-program', [], { cwd })
    expect(ok).toBe(false)
    expect(output).toContain('no-such-program')
  })

  it('gives no input, so that nothing waits for an answer', async () => {
    const { output } = await run('process.stdin.on("end", () => console.log("no input")).resume()')
    expect(output).toBe('no input\n')
  })

  it('adds to the environment', async () => {
    expect((await run('console.log(process.env.ADDED)', { env: { ADDED: 'yes' } })).output).toBe('yes\n')
  })
})
