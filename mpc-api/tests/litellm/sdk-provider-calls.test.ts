import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLitellm } from '../support/litellm-installation.ts'
import { configurations } from '../support/litellm-with-providers.ts'
import { type ProviderBehaviour } from '../support/scripted-provider.ts'
import { clientKey, startLitellmPair, type LitellmPair } from '../support/start-litellm-pair.ts'

const litellm = await findLitellm()

/** An OpenAI SDK sends a failing request three times, and nothing behind it may add to that but a fallback. */
const sdkTries = 3
/** LiteLLM itself opens a connection to Anthropic that broke before the answer a second time; no setting changes it. */
const opensTwice = 2

const failures = {
  'a 429': { kind: 'fail', status: 429, headers: { 'retry-after': '0' } },
  'a 500': { kind: 'fail', status: 500 },
  'a broken connection': { kind: 'reset' },
} satisfies Record<string, ProviderBehaviour>
type Failure = keyof typeof failures

const cases = [false, true].flatMap((stream) =>
  (Object.keys(failures) as Failure[]).map((failure) => [failure, stream] as const),
)

async function ask(client: OpenAI, model: string, stream: boolean): Promise<string> {
  const body = { model, messages: [{ role: 'user' as const, content: 'Say hello.' }] }
  if (!stream) return (await client.chat.completions.create(body)).choices[0]?.message.content ?? ''
  let text = ''
  for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? ''
  }
  return text
}

const connect = ({ gateway }: LitellmPair): OpenAI =>
  new OpenAI({ baseURL: `${gateway.url}/api/v1`, apiKey: clientKey })

const callsOf = ({ proxy: { openai, anthropic } }: LitellmPair): readonly [number, number] => [
  openai.calls.length,
  anthropic.calls.length,
]

describe.skipIf(!litellm.ready)('provider calls of one OpenAI SDK call, default configuration', () => {
  let pair: LitellmPair
  beforeAll(async () => {
    if (litellm.ready) pair = await startLitellmPair(litellm.program)
  })
  afterAll(() => pair[Symbol.asyncDispose]())

  it.each(cases)('OpenAI, %s, streamed %s: the tries of the SDK', async (failure, stream) => {
    pair.proxy.script(failures[failure])
    await expect(ask(connect(pair), 'gpt-4o-mini', stream)).rejects.toThrow(OpenAI.APIError)
    expect(callsOf(pair)).toEqual([sdkTries, 0])
  })

  it.each(cases)('Anthropic, %s, streamed %s: the tries of the SDK', async (failure, stream) => {
    pair.proxy.script(failures[failure])
    await expect(ask(connect(pair), 'claude-haiku-4-5', stream)).rejects.toThrow(OpenAI.APIError)
    expect(callsOf(pair)).toEqual([0, sdkTries * (failure === 'a broken connection' ? opensTwice : 1)])
  })

  it.each([false, true])('an answer, streamed %s: one', async (stream) => {
    pair.proxy.script()
    expect(await ask(connect(pair), 'gpt-4o-mini', stream)).toBe('one two three')
    expect(callsOf(pair)).toEqual([1, 0])
  })
})

describe.skipIf(!litellm.ready)('provider calls of one OpenAI SDK call, production-fallback.yaml', () => {
  let pair: LitellmPair
  beforeAll(async () => {
    if (litellm.ready) pair = await startLitellmPair(litellm.program, configurations.productionFallback)
  })
  afterAll(() => pair[Symbol.asyncDispose]())

  it.each(cases)('%s at both, streamed %s: the tries, and a fallback of each', async (failure, stream) => {
    pair.proxy.script(failures[failure])
    await expect(ask(connect(pair), 'gpt-4o-mini', stream)).rejects.toThrow(OpenAI.APIError)
    const fallbacks = sdkTries * (failure === 'a broken connection' ? opensTwice : 1)
    expect(callsOf(pair)).toEqual([sdkTries, fallbacks])
  })

  it.each(cases)('%s at the first, streamed %s: one, and one fallback', async (failure, stream) => {
    pair.proxy.openai.script(failures[failure])
    pair.proxy.anthropic.script()
    expect(await ask(connect(pair), 'gpt-4o-mini', stream)).toBe('one two three')
    expect(callsOf(pair)).toEqual([1, 1])
  })
})
