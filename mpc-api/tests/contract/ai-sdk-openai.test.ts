import { createOpenAI } from '@ai-sdk/openai'
import { APICallError, embedMany, generateText, streamText } from 'ai'
import { describe, expect, it } from 'vitest'
import { response, responseFrames, responseOpening, textDelta } from '../support/api-events.ts'
import { clientKey, startPair } from '../support/start-pair.ts'
import { json, stream } from '../support/upstream-behaviours.ts'

const { gateway, upstream } = await startPair({
  MPC_PING_INTERVAL_MS: '40',
  MPC_STREAM_START_TIMEOUT_MS: '60',
})
const provider = createOpenAI({ baseURL: `${gateway.url}/api/v1`, apiKey: clientKey })
const model = provider('scripted')

async function read() {
  const failures: unknown[] = []
  const result = streamText({
    model,
    prompt: 'Hello',
    maxRetries: 0,
    onError: ({ error }) => void failures.push(error),
  })
  let text = ''
  for await (const part of result.textStream) text += part
  if (failures.length > 0) throw failures[0]
  return text
}

describe("the Vercel AI SDK's OpenAI provider, which speaks the Responses API by itself", () => {
  it('gets a whole answer with its usage', async () => {
    upstream.respond(json(response))
    const { text, usage } = await generateText({ model, prompt: 'Hello' })

    expect(text).toBe('Grüß Gott')
    expect(usage).toMatchObject({ inputTokens: 36, outputTokens: 87 })
    expect(upstream.requests[0]?.path).toBe('/v1/responses')
  })

  it.each([{}, { pauseMs: 90 }])('reads a stream to its end: %j', async (pace) => {
    upstream.respond(stream(responseFrames, pace))

    expect(await read()).toBe('Grüß Gott')
  })

  it.each(['reset', 'fin', 'complete'] as const)('notices a stream that was cut (%s)', async (end) => {
    upstream.respond(stream([...responseOpening, textDelta('Grüß ', 3)], { end }))

    await expect(read()).rejects.toBeDefined()
  })

  it('reads the message of an error of ours', async () => {
    const stranger = createOpenAI({ baseURL: `${gateway.url}/api/v1`, apiKey: 'wrong' })('scripted')
    const error = await generateText({ model: stranger, prompt: 'x', maxRetries: 0 }).catch(
      (thrown: unknown) => thrown,
    )

    expect(error).toBeInstanceOf(APICallError)
    expect((error as APICallError).message).toContain('API key is not known')
  })

  it('embeds several texts', async () => {
    const data = [
      [1, 2],
      [3, 4],
    ].map((embedding, index) => ({ object: 'embedding', index, embedding }))
    upstream.respond(json({ object: 'list', model: 'm', data, usage: { prompt_tokens: 2, total_tokens: 2 } }))
    const { embeddings } = await embedMany({ model: provider.embedding('m'), values: ['a', 'b'] })

    expect(embeddings).toEqual([
      [1, 2],
      [3, 4],
    ])
  })
})
