import { describe, expect, it } from 'vitest'
import { startGateway } from '../support/start-gateway.ts'
import { startPair } from '../support/start-pair.ts'
import { silence, whole } from '../support/upstream-behaviours.ts'
import { startUpstreamStub } from '../support/upstream-stub.ts'

const { gateway, upstream } = await startPair()

const ask = async (path: string) => {
  const response = await fetch(gateway.url + path)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('while LiteLLM lives', () => {
  it('GET /health says so, in full', async () => {
    await expect.poll(async () => (await ask('/health')).body['status']).toBe('ok')
    const { status, body } = await ask('/health')

    expect(status).toBe(200)
    expect(body).toMatchObject({
      service: 'mpc-api',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      litellm_url: expect.stringContaining(`127.0.0.1:${upstream.port}`) as string,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
      uptime_s: expect.any(Number) as number,
      dependencies: { litellm: { status: 'ok', latency_ms: expect.any(Number) as number } },
    })
  })

  it.each(['/health/live', '/health/ready'])('GET %s is 200', async (path) => {
    await expect.poll(async () => (await ask(path)).status).toBe(200)
  })

  it('asking often costs LiteLLM little, and never anything but /health/liveliness', async () => {
    for (let turn = 0; turn < 60; turn += 1) await Promise.all([ask('/health'), ask('/health/ready')])

    expect(upstream.probes.length).toBeLessThanOrEqual(3)
    expect(upstream.probes.every(({ path }) => path === '/health/liveliness')).toBe(true)
    expect(upstream.requests).toEqual([])
  })
})

describe('a LiteLLM that is not well', () => {
  it.each([
    ['gone', undefined],
    ['silent', silence],
    ['failing', whole('no', { status: 500 })],
  ])(
    '%s: /health is 200 and degraded, /health/live 200, /health/ready 503, all of them quickly',
    async (_, behaviour) => {
      const sick = await startUpstreamStub()
      if (behaviour) sick.respondToProbes(behaviour)
      const pair = await startGateway({
        LITELLM_BASE_URL: sick.url,
        LITELLM_API_KEY: 'sk-x',
        MPC_API_KEY: 'sk-mpc-test',
      })
      if (!behaviour) await sick.stop()
      const statusOf = async (path: string) => (await fetch(pair.url + path)).status
      const startedAt = performance.now()

      await expect.poll(() => statusOf('/health/ready'), { timeout: 8_000 }).toBe(503)
      expect(await statusOf('/health/live')).toBe(200)
      const health = await fetch(`${pair.url}/health`)
      expect(health.status).toBe(200)
      expect(await health.json()).toMatchObject({
        status: 'degraded',
        dependencies: { litellm: { status: 'down' } },
      })
      expect(performance.now() - startedAt).toBeLessThan(8_000)
      await pair.stop()
      await sick.stop()
    },
  )
})
