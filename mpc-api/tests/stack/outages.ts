import { expect, it } from 'vitest'
import { chat, chatStatus, litellmUrl, mpcApiUrl } from './support/chat.ts'
import { until } from './support/docker.ts'
import { crash, healthyAgain } from './support/recovery.ts'
import { type Stack } from './support/stack.ts'

/** What MPC-API says of itself, by path: /health, /health/live, /health/ready. */
interface Health {
  live: number
  ready: number
  status: string
}

/** What holds while a part of a running core is away, and once it is back. Leaves the core as it found it. */
export function outagesOf(stack: () => Stack): void {
  const health = async (): Promise<Health> => {
    const get = (path: string) => fetch(mpcApiUrl(stack()) + path, { signal: AbortSignal.timeout(20_000) })
    const [live, ready, all] = await Promise.all([get('/health/live'), get('/health/ready'), get('/health')])
    return {
      live: live.status,
      ready: ready.status,
      status: ((await all.json()) as { status: string }).status,
    }
  }
  /** Takes a service away, looks, and gives it back. */
  const without = async (service: string, look: () => Promise<void>) => {
    await stack().compose('ai-infra', 'kill', service)
    try {
      await look()
    } finally {
      await stack().compose('ai-infra', 'up', '-d', '--wait', '--no-deps', service)
    }
    await until(
      `chat works again after ${service} came back`,
      180,
      async () => (await chatStatus(stack())) === 200,
    )
    await until('MPC-API says so', 90, async () => (await health()).status === 'ok')
    expect(await health()).toEqual({ live: 200, ready: 200, status: 'ok' })
  }

  it('LiteLLM: MPC-API stays alive and healthy, says not ready, and refuses calls in its own envelope', async () => {
    await without('litellm', async () => {
      await until('MPC-API notices', 90, async () => (await health()).ready === 503)
      expect(await health()).toEqual({ live: 200, ready: 503, status: 'degraded' })
      const response = await chat(`${mpcApiUrl(stack())}/api`, stack().env['MPC_API_KEY'])
      expect([502, 503]).toContain(response.status)
      expect(await response.json()).toMatchObject({ type: 'error', error: { statusCode: response.status } })
      expect((await stack().inspect('ai-infra', 'mpc-api')).State.Health?.Status).toBe('healthy')
    })
  })

  it('Redis: calls go on', async () => {
    await without('redis', async () => {
      expect(await chatStatus(stack())).toBe(200)
      expect((await health()).live).toBe(200)
    })
  })

  it('Postgres: MPC-API stays alive, and a call is answered or refused in its envelope, never left hanging', async () => {
    await without('postgres', async () => {
      const response = await chat(`${mpcApiUrl(stack())}/api`, stack().env['MPC_API_KEY'])
      if (response.status !== 200) {
        expect(response.status).toBeGreaterThanOrEqual(500)
        expect(await response.json()).toMatchObject({ type: 'error', error: { statusCode: response.status } })
      }
      expect((await health()).live).toBe(200)
    })
  })

  it('MPC-API: LiteLLM goes on serving', async () => {
    await without('mpc-api', async () => {
      expect((await chat(litellmUrl(stack()), stack().env['LITELLM_API_KEY'])).status).toBe(200)
    })
  })

  it.each(['postgres', 'redis', 'litellm', 'mpc-api'])(
    '%s, crashed, comes back by itself, and calls work',
    async (service) => {
      const before = (await stack().inspect('ai-infra', service)).State.StartedAt
      await crash(stack(), 'ai-infra', service)
      await healthyAgain(stack(), ['ai-infra', service], before)
      await until('chat works again', 180, async () => (await chatStatus(stack())) === 200)
    },
  )

  it('LiteLLM recreated under another address is found by MPC-API', async () => {
    expect(
      (await stack().compose('ai-infra', 'up', '-d', '--wait', '--force-recreate', '--no-deps', 'litellm'))
        .code,
    ).toBe(0)
    await until('chat works again', 180, async () => (await chatStatus(stack())) === 200)
  })
}
