import Anthropic, { APIError, AuthenticationError, RateLimitError } from '@anthropic-ai/sdk'
import { describe, expect, it } from 'vitest'
import { clientKey, startPair } from '../support/start-pair.ts'
import { json, stream } from '../support/upstream-behaviours.ts'

const { gateway, upstream } = await startPair({
  MPC_PING_INTERVAL_MS: '40',
  MPC_STREAM_START_TIMEOUT_MS: '60',
})

const clientOf = (apiKey = clientKey) =>
  new Anthropic({ baseURL: `${gateway.url}/api`, apiKey, maxRetries: 0 })
const client = clientOf()
const ask = { model: 'scripted', max_tokens: 10, messages: [{ role: 'user' as const, content: 'Hello' }] }

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'scripted',
  content: [{ type: 'text', text: 'Grüß Gott' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 5 },
}
const event = (type: string, fields: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
const delta = (text: string) =>
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
const opening = [
  event('message_start', { message: { ...message, content: [], stop_reason: null } }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
]
const closing = [
  event('content_block_stop', { index: 0 }),
  event('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 5 },
  }),
  event('message_stop'),
]
const readText = async () => client.messages.stream(ask).finalText()

const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it should have thrown'),
    (error: unknown) => error,
  )

/** An error in the stream, that is; not a refusal of the request. */
async function expectBroken() {
  const error = await caught(readText())
  expect(error).toBeInstanceOf(APIError)
  expect((error as APIError).status).toBeUndefined()
}

describe('the Anthropic SDK', () => {
  it('gets a whole answer, with request-id', async () => {
    upstream.respond(json(message))
    const { data, request_id } = await client.messages.create(ask).withResponse()

    expect(data.content).toEqual(message.content)
    expect(request_id).toMatch(/./)
    expect(upstream.requests[0]?.headers).toMatchObject({ 'anthropic-version': '2023-06-01' })
    expect(upstream.requests[0]?.path).toMatch(/^\/v1\/messages/)
  })

  it.each([
    ['one by one', undefined],
    ['with silences, so that pings are sent', 100],
  ])('reads a stream that comes %s', async (_, pauseMs) => {
    const pace = pauseMs === undefined ? {} : { pauseMs }
    upstream.respond(stream([...opening, delta('Grüß '), delta('Gott'), ...closing], pace))

    expect(await readText()).toBe('Grüß Gott')
  })

  it.each([
    ['reset', 'reset'],
    ['closed', 'fin'],
    ['ended without message_stop', 'complete'],
  ] as const)('notices that a stream was %s in the middle', async (_, end) => {
    upstream.respond(stream([...opening, delta('Grüß ')], { end }))

    await expectBroken()
  })

  it("notices a provider's bare error frame, which it does not read by itself", async () => {
    const bare = 'data: {"error":{"message":"overloaded","type":"api_error","param":null,"code":"500"}}\n\n'
    upstream.respond(stream([...opening, delta('Grüß '), bare]))

    await expectBroken()
  })

  it('throws the right error for a wrong key', async () => {
    const error = await caught(clientOf('wrong').messages.create(ask))

    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ requestID: expect.any(String) as string })
  })

  it('throws RateLimitError with the message of LiteLLM', async () => {
    const body = { error: { message: 'slow down', type: 'throttling_error', param: 'None', code: '429' } }
    upstream.respond(json(body, { status: 429 }))
    const error = await caught(client.messages.create(ask))

    expect(error).toBeInstanceOf(RateLimitError)
    expect((error as APIError).message).toContain('slow down')
  })
})
