import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLitellm } from '../support/litellm-installation.ts'
import {
  configurations,
  startLitellmWithProviders,
  type LitellmWithProviders,
} from '../support/litellm-with-providers.ts'
import { type ProviderBehaviour } from '../support/scripted-provider.ts'

const litellm = await findLitellm()

const failures = {
  'a 429': { kind: 'fail', status: 429, headers: { 'retry-after': '1' } },
  'a 500': { kind: 'fail', status: 500 },
  'a connection reset before the answer': { kind: 'reset' },
  'a connection closed before the answer': { kind: 'close' },
} satisfies Record<string, ProviderBehaviour>
type Failure = keyof typeof failures

const messages = [{ role: 'user', content: 'Say hello.' }]
const requests = {
  'chat (OpenAI)': ['/v1/chat/completions', { model: 'gpt-4o-mini', messages }],
  'streamed chat (OpenAI)': ['/v1/chat/completions', { model: 'gpt-4o-mini', messages, stream: true }],
  'chat (Anthropic)': ['/v1/chat/completions', { model: 'claude-sonnet-5-5', messages }],
  'streamed chat (Anthropic)': [
    '/v1/chat/completions',
    { model: 'claude-sonnet-5-5', messages, stream: true },
  ],
  messages: ['/v1/messages', { model: 'claude-sonnet-5-5', messages, max_tokens: 10 }],
  responses: ['/v1/responses', { model: 'gpt-4o-mini', input: 'Say hello.' }],
  embeddings: ['/v1/embeddings', { model: 'text-embedding-3-small', input: 'hello' }],
  speech: ['/v1/audio/speech', { model: 'gpt-4o-mini-tts', input: 'hello', voice: 'alloy' }],
  images: ['/v1/images/generations', { model: 'gpt-image-2', prompt: 'a hedgehog' }],
} satisfies Record<string, readonly [string, object]>
type Request = keyof typeof requests

/**
 * What no setting of LiteLLM changes. Where it speaks HTTP itself it sends a request again whose connection broke before the
 * answer; which kind of break depends on its transport (`DISABLE_AIOHTTP_TRANSPORT`), and one of them always is. Its
 * image generation keeps the OpenAI client's two retries. MPC-API keeps the SDKs from multiplying either.
 */
const exceptions: Partial<Record<Request, Partial<Record<Failure, number>>>> = {
  'chat (Anthropic)': { 'a connection reset before the answer': 2 },
  'streamed chat (Anthropic)': { 'a connection reset before the answer': 2 },
  messages: { 'a connection reset before the answer': 2 },
  responses: { 'a connection reset before the answer': 2 },
  images: {
    'a 429': 3,
    'a 500': 3,
    'a connection reset before the answer': 3,
    'a connection closed before the answer': 3,
  },
}

const cases = (Object.keys(requests) as Request[]).flatMap((request) =>
  (Object.keys(failures) as Failure[]).map(
    (failure) => [request, failure, exceptions[request]?.[failure] ?? 1] as const,
  ),
)

describe.skipIf(!litellm.ready)('the default configuration, when its provider fails', () => {
  let proxy: LitellmWithProviders
  beforeAll(async () => {
    if (litellm.ready) proxy = await startLitellmWithProviders(litellm.program, configurations.default)
  })
  afterAll(() => proxy[Symbol.asyncDispose]())

  it.each(cases)('%s, on %s, costs provider calls: %i', async (request, failure, calls) => {
    proxy.script(failures[failure])
    const [path, body] = requests[request]
    const response = await proxy.post(path, body)
    expect(response.status).toBe(failure === 'a 429' ? 429 : 500)
    expect(proxy.openai.calls.length + proxy.anthropic.calls.length).toBe(calls)
  })

  it('hands the wait that the provider asked for on as llm_provider-retry-after', async () => {
    proxy.script({ kind: 'fail', status: 429, headers: { 'retry-after': '7' } })
    const response = await proxy.chat('gpt-4o-mini')
    expect(response.headers.get('llm_provider-retry-after')).toBe('7')
  })
})
