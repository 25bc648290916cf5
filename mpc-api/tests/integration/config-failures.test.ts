import { createServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/config/read-config.ts'
import { runGateway, spawnGateway } from '../support/spawn-gateway.ts'
import { startGateway } from '../support/start-gateway.ts'
import { startUpstreamStub } from '../support/upstream-stub.ts'
import { within } from '../support/within.ts'

async function failToStart(env: Record<string, string>) {
  const gateway = runGateway({ LITELLM_BASE_URL: 'http://127.0.0.1:9', MPC_API_KEY: 'sk-mpc-test', ...env })
  const { code } = await within(10_000, gateway.exited, 'it started, or hangs').catch((error: unknown) => {
    gateway.kill('SIGKILL')
    throw error
  })
  return { code, output: gateway.output() }
}

describe('a broken configuration', () => {
  it('stops the process before the port opens, with every problem in one message', async () => {
    const { code, output } = await failToStart({
      PORT: 'eighty',
      LOG_LEVEL: 'loud',
      LITELLM_BASE_URL: 'ftp://x',
      MPC_MAX_BODY_BYTES: '-1',
      MPC_IDLE_TIMEOUT_MS: '1.5s',
      MPC_AUTH: 'maybe',
    })

    expect(code).not.toBe(0)
    for (const name of [
      'PORT',
      'LOG_LEVEL',
      'LITELLM_BASE_URL',
      'MPC_MAX_BODY_BYTES',
      'MPC_IDLE_TIMEOUT_MS',
      'MPC_AUTH',
    ]) {
      expect(output).toContain(name)
    }
    expect(output).not.toMatch(/listening/i)
    expect(output).not.toMatch(/\n\s+at .*\.(ts|js)/)
  })

  it.each([
    ['PORT', '0.5'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80 80'],
    ['LITELLM_BASE_URL', 'localhost:4000'],
    ['LITELLM_BASE_URL', 'http://'],
    ['LITELLM_BASE_URL', 'http://a,,nonsense'],
    ['MPC_TOTAL_TIMEOUT_MS', 'NaN'],
    ['MPC_TOTAL_TIMEOUT_MS', '1e400'],
    ['MPC_MAX_JSON_DEPTH', '0x10'],
    ['NODE_ENV', 'prodution'],
    ['MPC_DRAIN_TIMEOUT_MS', '-5'],
  ])('%s=%s is named', (name, value) => {
    const read = () =>
      readConfig({ LITELLM_BASE_URL: 'http://127.0.0.1:9', MPC_API_KEY: 'sk-mpc-test', [name]: value })

    expect(read).toThrow(name)
  })

  it('never prints the value of a key', async () => {
    const { code, output } = await failToStart({
      PORT: 'x',
      MPC_API_KEY: 'sk-canary\u0001',
      LITELLM_API_KEY: 'sk-canary',
    })

    expect(code).not.toBe(0)
    expect(output).not.toContain('sk-canary')
  })

  it('without a key and beyond loopback, it says what to do', async () => {
    const { code, output } = await failToStart({ MPC_API_KEY: '', MPC_HOST: '0.0.0.0' })

    expect(code).not.toBe(0)
    expect(output).toContain('MPC_API_KEY')
    expect(output).toContain('MPC_AUTH')
  })

  it('a port that is taken is said in words', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const { code, output } = await failToStart({ PORT: String(port) })
    taken.close()

    expect(code).not.toBe(0)
    expect(output).toContain(String(port))
  })
})

describe('an unusual but sound configuration', () => {
  it.each([
    [
      'empty strings are unset',
      { PORT: '0', LOG_LEVEL: '', MPC_IDLE_TIMEOUT_MS: '', LITELLM_API_KEY: '', NODE_ENV: '' },
    ],
    ['MPC_AUTH=off beyond loopback', { MPC_API_KEY: '', MPC_HOST: '0.0.0.0', MPC_AUTH: 'off' }],
    ['no key on loopback', { MPC_API_KEY: '', MPC_HOST: '127.0.0.1' }],
    ['a LiteLLM that is not there', { LITELLM_BASE_URL: 'http://127.0.0.1:9' }],
    ['spaces around the values', { LITELLM_BASE_URL: ' http://127.0.0.1:9 , http://localhost:9/ ' }],
  ])('starts: %s', async (_, env) => {
    const upstream = await startUpstreamStub()
    const gateway = await startGateway({ LITELLM_BASE_URL: upstream.url, MPC_API_KEY: 'sk-mpc-test', ...env })

    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
    await gateway.stop()
    await upstream.stop()
  })

  it('a master key works, with a warning that does not show it', async () => {
    const upstream = await startUpstreamStub()
    const env = {
      LITELLM_BASE_URL: upstream.url,
      MPC_API_KEY: 'sk-mpc-test',
      LITELLM_MASTER_KEY: 'sk-master-canary',
    }
    const gateway = await spawnGateway(env)
    upstream.respond(
      ({ socket }) =>
        void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: application/json\r\n\r\n{}'),
    )
    await fetch(`${gateway.url}/api/models`, { headers: { authorization: 'Bearer sk-mpc-test' } })

    expect(upstream.requests[0]?.headers['authorization']).toBe('Bearer sk-master-canary')
    await expect.poll(() => gateway.output(), { timeout: 3_000 }).toMatch(/LITELLM_MASTER_KEY/)
    expect(gateway.output()).not.toContain('sk-master-canary')
    gateway.kill('SIGKILL')
    await upstream.stop()
  })
})
