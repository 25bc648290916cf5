import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { describe, expect, it } from 'vitest'
import { response, responseFrames } from '../support/api-events.ts'
import { chatAnswer, doneFrame, finishFrame, openAiUsageFrame, textFrame } from '../support/chat-frames.ts'
import { clientKey, startPair } from '../support/start-pair.ts'
import { json, stream } from '../support/upstream-behaviours.ts'

const { gateway, upstream } = await startPair()
const configuration = { baseURL: `${gateway.url}/api/v1` }
const options = { apiKey: clientKey, configuration, maxRetries: 0 }
const chat = (more = {}) => new ChatOpenAI({ ...options, model: 'scripted', ...more })

async function readText(model: ChatOpenAI): Promise<string> {
  let text = ''
  for await (const chunk of await model.stream('Hello')) text += chunk.text
  return text
}

describe('LangChain.js', () => {
  it('gets a whole answer with its usage', async () => {
    upstream.respond(chatAnswer('Grüß Gott'))
    const { text, usage_metadata } = await chat().invoke('Hello')

    expect(text).toBe('Grüß Gott')
    expect(usage_metadata).toMatchObject({ input_tokens: 11, output_tokens: 7 })
  })

  it('reads a stream, with the usage that it asks for itself', async () => {
    upstream.respond(
      stream([textFrame('Grüß '), textFrame('Gott'), finishFrame, openAiUsageFrame, doneFrame]),
    )
    const chunks = []
    for await (const chunk of await chat().stream('Hello')) chunks.push(chunk)

    expect(chunks.map(({ text }) => text).join('')).toBe('Grüß Gott')
    const reported = chunks.map((chunk) => chunk.usage_metadata as { input_tokens: number } | undefined)
    expect(reported.map((usage) => usage?.input_tokens)).toContain(11)
    expect(upstream.requests[0]?.body.toString()).toContain('"include_usage":true')
  })

  it.each(['reset', 'fin', 'complete'] as const)('notices a stream that was cut (%s)', async (end) => {
    upstream.respond(stream([textFrame('Grüß ')], { end }))

    await expect(readText(chat())).rejects.toThrow(/LiteLLM/)
  })

  it('speaks the Responses API, whole and streamed', async () => {
    upstream.respond(json(response))
    expect((await chat({ useResponsesApi: true }).invoke('Hello')).text).toBe('Grüß Gott')
    upstream.respond(stream(responseFrames))
    expect(await readText(chat({ useResponsesApi: true }))).toBe('Grüß Gott')
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/v1/responses', '/v1/responses'])
  })

  it('embeds several texts in one request', async () => {
    // LangChain's SDK asks for base64 and reads nothing else.
    const data = [
      [1, 2],
      [3, 4],
    ].map((numbers, index) => ({
      object: 'embedding',
      index,
      embedding: Buffer.from(new Float32Array(numbers).buffer).toString('base64'),
    }))
    upstream.respond(json({ object: 'list', model: 'm', data, usage: { prompt_tokens: 2, total_tokens: 2 } }))
    const vectors = await new OpenAIEmbeddings({ ...options, model: 'm' }).embedDocuments(['a', 'b'])

    expect(vectors).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(upstream.requests).toHaveLength(1)
  })

  it('throws the message of an error of ours', async () => {
    await expect(chat({ apiKey: 'wrong' }).invoke('Hello')).rejects.toThrow(/API key is not known/)
  })
})
