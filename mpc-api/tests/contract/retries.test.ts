import Anthropic from '@anthropic-ai/sdk'
import { createOpenAI } from '@ai-sdk/openai'
import { ChatOpenAI } from '@langchain/openai'
import { generateText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { textFrame } from '../support/chat-frames.ts'
import { clientKey, startPair } from '../support/start-pair.ts'
import { json, resetAtOnce, silence, stream } from '../support/upstream-behaviours.ts'

const { gateway, upstream } = await startPair({ MPC_FIRST_BYTE_TIMEOUT_MS: '700' })
const baseURL = `${gateway.url}/api/v1`
const messages = [{ role: 'user' as const, content: 'Hello' }]
const maxRetries = 1

const openai = (apiKey = clientKey) => new OpenAI({ baseURL, apiKey, maxRetries })
const anthropic = (apiKey = clientKey) => new Anthropic({ baseURL: `${gateway.url}/api`, apiKey, maxRetries })
const langchain = (apiKey = clientKey) =>
  new ChatOpenAI({ model: 'm', apiKey, maxRetries, configuration: { baseURL } })

/** One call of each client, with what it does by itself when it fails. */
const callers: Record<string, (apiKey?: string) => Promise<unknown>> = {
  'the OpenAI SDK': (apiKey) => openai(apiKey).chat.completions.create({ model: 'm', messages }),
  'the Anthropic SDK': (apiKey) => anthropic(apiKey).messages.create({ model: 'm', max_tokens: 9, messages }),
  'the Vercel AI SDK': (apiKey = clientKey) =>
    generateText({ model: createOpenAI({ baseURL, apiKey }).chat('m'), prompt: 'x', maxRetries }),
  'LangChain.js': (apiKey) => langchain(apiKey).invoke('x'),
}

const refusal = (status: number, more: object = {}) =>
  json({ error: { message: 'no', type: 'None', param: 'None', code: String(status), ...more } }, { status })

describe.each(Object.entries(callers))('%s', (_name, call) => {
  it.each([400, 404])('does not repeat what LiteLLM refused with %i', async (status) => {
    upstream.respond(refusal(status))
    await expect(call()).rejects.toThrow()

    expect(upstream.requests).toHaveLength(1)
  })

  it('does not repeat what was refused for its key', async () => {
    const seen = () => gateway.logs().filter(({ status }) => status === 401).length
    const before = seen()
    await expect(call('wrong')).rejects.toThrow()

    await expect.poll(seen).toBe(before + 1)
    expect(upstream.received()).toBe('')
  })

  it('repeats what failed with 500 as often as it was told, and the gateway adds nothing', async () => {
    upstream.respond(refusal(500))
    await expect(call()).rejects.toThrow()

    expect(upstream.requests).toHaveLength(1 + maxRetries)
  })
})

describe('what LiteLLM has sent to the provider more than once', () => {
  const brokenConnection = json(
    { error: { message: 'litellm.InternalServerError: [Errno 104] Connection reset by peer' } },
    { status: 500 },
  )

  it.each(['the OpenAI SDK', 'the Anthropic SDK'])('is not repeated by %s', async (name) => {
    upstream.respond(brokenConnection)
    await expect(callers[name]?.()).rejects.toThrow()

    expect(upstream.requests).toHaveLength(1)
  })

  it.each<[string, () => Promise<unknown>]>([
    ['a picture', () => openai().images.generate({ model: 'm', prompt: 'a hedgehog' })],
    ['a list of files', () => openai().files.list()],
    ['a list of batches', () => openai().batches.list()],
  ])('is not repeated when it asked for %s', async (_, call) => {
    upstream.respond(refusal(500))
    await expect(call()).rejects.toThrow()

    expect(upstream.requests).toHaveLength(1)
  })
})

/** LangChain.js and the Vercel AI SDK do not look at `x-should-retry`. */
const obedient = Object.entries(callers).filter(([name]) => /^the (?:OpenAI|Anthropic) SDK$/.test(name))

describe.each(obedient)('%s', (_name, call) => {
  it.each([
    ['took too long, for it may have been paid for', silence],
    ['LiteLLM has no budget for', refusal(429, { type: 'budget_exceeded' })],
    ['the provider has no budget for', refusal(429, { code: 'insufficient_quota' })],
  ])('does not repeat what %s', async (_, behaviour) => {
    upstream.respond(behaviour)
    await expect(call()).rejects.toThrow()

    expect(upstream.requests).toHaveLength(1)
  })
})

describe('the gateway itself', () => {
  it.each([
    ['reset', resetAtOnce],
    ['failed with 500', refusal(500)],
    ['cut in the middle', stream([textFrame('a')], { end: 'reset' })],
  ])('never sends a request twice that was %s', async (_, behaviour) => {
    upstream.respond(behaviour)
    const client = new OpenAI({ baseURL, apiKey: clientKey, maxRetries: 0 })
    const read = async () => {
      const parts = await client.chat.completions.create({ model: 'm', messages, stream: true })
      for await (const part of parts) expect(part.choices).toHaveLength(1)
    }
    await expect(read()).rejects.toThrow()

    expect(upstream.requests).toHaveLength(1)
  })
})

describe('a stream that broke in the middle', () => {
  it('is not begun again by the SDK, however often it may retry', async () => {
    upstream.respond(stream([textFrame('a')], { end: 'reset' }))
    const read = async () => {
      for await (const part of await openai().chat.completions.create({ model: 'm', messages, stream: true }))
        expect(part.choices).toHaveLength(1)
    }
    await expect(read()).rejects.toThrow()

    expect(upstream.requests).toHaveLength(1)
  })
})
