import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findLitellm } from '../support/litellm-installation.ts'
import {
  configurations,
  startLitellmWithProviders,
  type LitellmWithProviders,
} from '../support/litellm-with-providers.ts'
import { findRedis, startRedis, type RedisProcess } from '../support/redis-process.ts'
import { type ProviderBehaviour, type ScriptedProvider } from '../support/scripted-provider.ts'

const litellm = await findLitellm()
const redisFound = litellm.ready && (await findRedis())

const startProduction = (
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<LitellmWithProviders> => startLitellmWithProviders(program, configurations.productionFallback, env)

// LiteLLM knows this failure by OpenAI's words.
const tooLong =
  "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000."

const modelsOf = ({ calls }: ScriptedProvider): readonly string[] => calls.map(({ model }) => model)

describe.skipIf(!litellm.ready)('production-fallback.yaml', () => {
  let proxy: LitellmWithProviders
  beforeAll(async () => {
    if (litellm.ready) proxy = await startProduction(litellm.program)
  })
  afterAll(() => proxy[Symbol.asyncDispose]())
  beforeEach(() => proxy.script())

  const failures: readonly (readonly [string, ProviderBehaviour])[] = [
    ['a 429', { kind: 'fail', status: 429, headers: { 'retry-after': '5' } }],
    ['a 500', { kind: 'fail', status: 500 }],
    ['a broken connection', { kind: 'reset' }],
    ['silence', { kind: 'stall' }],
  ]
  // Shorter than the shipped clocks, so that silence is noticed while the test lasts.
  const impatience = { 'x-litellm-timeout': '3', 'x-litellm-stream-timeout': '3' }

  describe.each([false, true])('streamed: %s', (stream) => {
    it.each(failures)('on %s from OpenAI, Anthropic answers in its place', async (_, failure) => {
      proxy.openai.script(failure)
      const response = await proxy.chat('gpt-5.6', { stream }, impatience)
      expect(response.status).toBe(200)
      expect(await response.text()).toContain(' three')
      expect([modelsOf(proxy.openai), modelsOf(proxy.anthropic)]).toEqual([['gpt-5.6'], ['claude-opus-5-5']])
    })

    it.each(failures.slice(0, 2))('on %s from Anthropic, OpenAI answers in its place', async (_, failure) => {
      proxy.anthropic.script(failure)
      const response = await proxy.chat('claude-haiku-4-5', { stream })
      expect(response.status).toBe(200)
      expect(await response.text()).toContain(' three')
      expect([modelsOf(proxy.openai), modelsOf(proxy.anthropic)]).toEqual([
        ['gpt-5.4-mini'],
        ['claude-haiku-4-5'],
      ])
    })

    it('when both fail, says so after one call to each', async () => {
      proxy.script({ kind: 'fail', status: 429, headers: { 'retry-after': '7' } })
      const response = await proxy.chat('gpt-5.6', { stream })
      expect(response.status).toBe(429)
      expect(response.headers.get('llm_provider-retry-after')).toBe('7')
      expect([modelsOf(proxy.openai), modelsOf(proxy.anthropic)]).toEqual([['gpt-5.6'], ['claude-opus-5-5']])
    })
  })

  it('sends a prompt that is too long for the model to one with room for it', async () => {
    proxy.openai.script(
      {
        kind: 'fail',
        status: 400,
        error: { code: 'context_length_exceeded', message: tooLong },
      },
      { kind: 'answer' },
    )
    expect((await proxy.chat('gpt-4o-mini')).status).toBe(200)
    expect([modelsOf(proxy.openai), modelsOf(proxy.anthropic)]).toEqual([['gpt-4o-mini', 'gpt-5.6'], []])
  })
})

describe.skipIf(!redisFound)('production-fallback.yaml with Redis', () => {
  let redis: RedisProcess
  let one: LitellmWithProviders
  let two: LitellmWithProviders
  beforeAll(async () => {
    if (!litellm.ready) return
    const { program } = litellm
    redis = await startRedis()
    const env = { REDIS_HOST: redis.host, REDIS_PORT: String(redis.port), REDIS_PASSWORD: redis.password }
    ;[one, two] = await Promise.all([startProduction(program, env), startProduction(program, env)])
  })
  afterAll(async () => {
    await Promise.all([one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()])
    await redis.kill()
  })

  it('what one LiteLLM learned of a provider that refuses its key, the other knows', async () => {
    one.openai.script({ kind: 'fail', status: 401 })
    expect((await one.chat('gpt-5.6')).status).toBe(200)
    expect(one.openai.calls).toHaveLength(1)
    expect((await two.chat('gpt-5.6')).status).toBe(200)
    expect([modelsOf(two.openai), modelsOf(two.anthropic)]).toEqual([[], ['claude-opus-5-5']])
  })

  it('when Redis dies, keeps answering and keeps falling back', async () => {
    await redis.kill()
    one.script()
    expect((await one.chat('gpt-4o')).status).toBe(200)
    one.openai.script({ kind: 'fail', status: 500 })
    expect((await one.chat('gpt-4o')).status).toBe(200)
    expect(modelsOf(one.anthropic)).toEqual(['claude-sonnet-5-5'])
  })
})
