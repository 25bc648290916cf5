import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findLitellm } from '../support/litellm-installation.ts'
import {
  configurationFile,
  configurations,
  startLitellmWithProviders,
  type LitellmWithProviders,
} from '../support/litellm-with-providers.ts'
import { promptly } from '../support/promptly.ts'
import { promptTokens } from '../support/scripted-provider-openai.ts'

const litellm = await findLitellm()
const mockText = 'This is the mock model: the stack works.'

interface Promised {
  readonly path: string
  /** Models that the list must name. */
  readonly named: readonly string[]
  /** What is asked for, and the provider's name of what answers. */
  readonly served: Readonly<Record<string, string>>
}

const openaiNames = [
  'gpt-5.6',
  'gpt-5.4-mini',
  'gpt-4o',
  'gpt-4o-mini',
  'text-embedding-3-small',
  'gpt-4-turbo',
]
const anthropicNames = [
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-haiku-4-5',
  'claude-3-5-sonnet',
  'claude-3-opus',
]
const openaiServed = { 'gpt-4o-mini': 'gpt-4o-mini', 'gpt-4-turbo': 'gpt-4o', 'gpt-4.1': 'gpt-4.1' }
const anthropicServed = {
  'claude-sonnet-5-5': 'claude-sonnet-5-5',
  'claude-3-5-sonnet': 'claude-sonnet-5-5',
  'claude-3-opus': 'claude-opus-5-5',
  'claude-opus-5': 'claude-opus-5',
}
const bothNamed = [...openaiNames, ...anthropicNames]
const bothServed = { ...openaiServed, ...anthropicServed }

const promises: readonly Promised[] = [
  { path: configurations.default, named: bothNamed, served: bothServed },
  {
    path: configurations.openaiOnly,
    named: [...openaiNames, 'text-embedding-3-large'],
    served: { ...openaiServed, 'openai/gpt-4.1': 'gpt-4.1' },
  },
  {
    path: configurations.anthropicOnly,
    named: anthropicNames,
    served: { ...anthropicServed, 'anthropic/claude-opus-5': 'claude-opus-5' },
  },
  { path: configurations.multiProvider, named: ['smart', 'fast', ...bothNamed], served: bothServed },
  { path: configurations.productionFallback, named: bothNamed, served: bothServed },
]

const byPath = promises.map((promised) => [promised.path, promised] as const)

describe.each(byPath)('%s', (path) => {
  it('names every secret as os.environ/NAME, since LiteLLM expands nothing else', async () => {
    const text = await readFile(configurationFile(path), 'utf8')
    expect(text).not.toContain('${')
    const keys = [...text.matchAll(/(?:_key|_password|_url): ([^ ,}\n]+)/g)].map(([, value]) => value)
    expect(keys.length).toBeGreaterThan(0)
    expect(keys.filter((value) => value !== 'none' && !/^os\.environ\/[A-Z_]+$/.test(value ?? ''))).toEqual(
      [],
    )
  })
})

describe.skipIf(!litellm.ready).each(byPath)('%s, in a real LiteLLM', (path, { named, served }) => {
  let proxy: LitellmWithProviders
  beforeAll(async () => {
    if (litellm.ready) proxy = await startLitellmWithProviders(litellm.program, path)
  })
  afterAll(() => proxy[Symbol.asyncDispose]())
  beforeEach(() => proxy.script())

  const providerCalls = (): number => proxy.openai.calls.length + proxy.anthropic.calls.length

  it('lists the mock model and every model that it names', async () => {
    expect(await listModels(proxy)).toEqual(expect.arrayContaining(['mock', ...named]))
  })

  it('answers from the mock model, whole and streamed, without asking a provider', async () => {
    const whole = await proxy.chat('mock')
    expect(await whole.json()).toMatchObject({ choices: [{ message: { content: mockText } }] })
    const streamed = await proxy.chat('mock', { stream: true })
    expect(contentOf(await streamed.text())).toBe(mockText)
    expect(providerCalls()).toBe(0)
  })

  it.each(Object.entries(served))('%s is served by %s', async (asked, answering) => {
    const response = await proxy.chat(asked)
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: 'one two three' } }] })
    expect([...proxy.openai.calls, ...proxy.anthropic.calls].map(({ model }) => model)).toEqual([answering])
  })

  it('refuses a model that nobody serves, without asking a provider', async () => {
    const response = await proxy.chat('no-such-model')
    expect(response.status).toBe(400)
    expect(providerCalls()).toBe(0)
  })

  it('knows the price of every model that it names, but the mock', async () => {
    const response = await fetch(`${proxy.litellm.baseUrl}/v1/model/info`, {
      headers: { authorization: `Bearer ${proxy.litellm.masterKey}` },
    })
    const { data } = (await response.json()) as { data: readonly ModelInfo[] }
    const unpriced = data
      .filter(({ model_name: name }) => !name.includes('/') && !name.includes('*') && name !== 'mock')
      .filter(({ model_info: { input_cost_per_token: price } }) => price === null || price === 0)
    expect(unpriced.map(({ model_name: name }) => name)).toEqual([])
  })

  it('tells the cost of a whole answer in a header, and of a stream in its last usage', async () => {
    const [model] = Object.keys(served)
    const whole = await proxy.chat(model ?? '')
    const cost = Number(whole.headers.get('x-litellm-response-cost'))
    expect(cost).toBeGreaterThan(0)
    const streamed = await proxy.chat(model ?? '', { stream: true, stream_options: { include_usage: true } })
    expect(streamed.headers.get('x-litellm-response-cost')).toBeNull()
    expect(lastUsage(await streamed.text())).toMatchObject({ prompt_tokens: promptTokens, cost })
  })

  it.each([false, true])(
    'stops its provider call when the client hangs up (streamed: %s)',
    promptly,
    async (stream) => {
      const [model] = Object.keys(served)
      proxy.script({ kind: 'stall' })
      const client = new AbortController()
      const answer = fetch(`${proxy.litellm.baseUrl}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${proxy.litellm.masterKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Say hello.' }] }),
        signal: client.signal,
      }).catch(() => null)
      const provider = path === configurations.anthropicOnly ? proxy.anthropic : proxy.openai
      const call = await provider.call(0)
      const hungUpAt = performance.now()
      client.abort()
      await answer
      await expect.poll(() => call.leftAt).not.toBeNull()
      expect((call.leftAt ?? Infinity) - hungUpAt).toBeLessThan(250)
    },
  )

  it.each([401, 404])(
    'after one %s for a model that nothing stands in for, still asks its provider',
    async (status) => {
      const ask = (): Promise<Response> =>
        path === configurations.anthropicOnly
          ? proxy.chat('claude-haiku-4-5')
          : proxy.post('/v1/embeddings', { model: 'text-embedding-3-small', input: 'hello' })
      proxy.script({ kind: 'fail', status })
      expect((await ask()).status).toBe(status)
      proxy.script()
      expect((await ask()).status).toBe(200)
    },
  )
})

describe.skipIf(!litellm.ready)('the default configuration without any provider key', () => {
  it('answers from the mock model, and fails only what needs a key', async () => {
    if (!litellm.ready) return
    const noKeys = { OPENAI_API_KEY: '', ANTHROPIC_API_KEY: '' }
    await using proxy = await startLitellmWithProviders(litellm.program, configurations.default, noKeys)
    expect((await proxy.chat('mock')).status).toBe(200)
    expect((await proxy.chat('gpt-4o-mini')).ok).toBe(false)
    expect((await proxy.chat('claude-haiku-4-5')).ok).toBe(false)
    expect(proxy.openai.calls.length + proxy.anthropic.calls.length).toBe(0)
  })
})

interface ModelInfo {
  readonly model_name: string
  readonly model_info: { readonly input_cost_per_token: number | null }
}

async function listModels({
  litellm: { baseUrl, masterKey },
}: LitellmWithProviders): Promise<readonly string[]> {
  const response = await fetch(`${baseUrl}/v1/models`, { headers: { authorization: `Bearer ${masterKey}` } })
  const { data } = (await response.json()) as { data: readonly { id: string }[] }
  return data.map(({ id }) => id)
}

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[]
  readonly usage?: unknown
}

const chunksOf = (stream: string): readonly Chunk[] =>
  stream
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: {'))
    .map((frame) => JSON.parse(frame.slice('data: '.length)) as Chunk)

const contentOf = (stream: string): string =>
  chunksOf(stream)
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('')

const lastUsage = (stream: string): unknown => chunksOf(stream).findLast(({ usage }) => usage)?.usage
