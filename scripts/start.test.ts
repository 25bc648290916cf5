import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { repositoryRoot } from './stack-catalogue.ts'

let child: ChildProcess | undefined
afterEach(() => {
  child?.kill('SIGKILL')
})

/** `npm start` without npm, with a LiteLLM that is not there: the start does not need one. */
function start(env: Record<string, string>) {
  const { PATH, HOME } = process.env
  const fixed = { PATH, HOME, PORT: '0', LITELLM_BASE_URL: 'http://127.0.0.1:9' }
  const running = spawn(process.execPath, [join(repositoryRoot, 'scripts/start.mjs')], {
    cwd: tmpdir(),
    env: { ...fixed, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child = running
  let printed = ''
  for (const channel of [running.stdout, running.stderr]) {
    channel.setEncoding('utf8').on('data', (text: string) => (printed += text))
  }
  const closed = once(running, 'close')
  return { running, closed, printed: () => printed }
}

/** A build comes first, and may have to share the machine. */
describe('node scripts/start.mjs', { timeout: 180_000 }, () => {
  it('builds and serves from one process, which a signal drains and ends with 0', async () => {
    const { running, closed, printed } = start({})
    while (!/MPC-API {4}http/.test(printed())) {
      await once(running.stdout, 'data')
      expect(running.exitCode, printed()).toBeNull()
    }
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed())?.[0] ?? ''
    const live = await (await fetch(`${url}/health/live`)).json()
    expect(live).toEqual({ status: 'ok' })
    running.kill('SIGTERM')
    expect(await closed).toEqual([0, null])
  })

  it('ends with 1 and every problem of the configuration, without a stack', async () => {
    const { closed, printed } = start({ PORT: 'eighty', MPC_IDLE_TIMEOUT_MS: '-1' })
    expect(await closed).toEqual([1, null])
    expect(printed()).toMatch(/- PORT: [^]*- MPC_IDLE_TIMEOUT_MS: /)
    expect(printed()).not.toMatch(/^\s+at /m)
  })
})
