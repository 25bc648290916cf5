import OpenAI, {
  APIConnectionTimeoutError,
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai'
import { describe, expect, it } from 'vitest'
import {
  chatAnswer,
  doneFrame,
  finishFrame,
  textFrame,
  usageFrame,
  wholeChat,
} from '../support/chat-frames.ts'
import { clientKey, startPair } from '../support/start-pair.ts'
import { json, silence, stream } from '../support/upstream-behaviours.ts'

const { gateway, upstream } = await startPair()

const clientOf = (options: ConstructorParameters<typeof OpenAI>[0] = {}) =>
  new OpenAI({ baseURL: `${gateway.url}/api`, apiKey: clientKey, maxRetries: 0, ...options })
const client = clientOf()
const ask = { model: 'scripted', messages: [{ role: 'user' as const, content: 'Hello' }] }

const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it should have thrown'),
    (error: unknown) => error,
  )

describe('the OpenAI SDK', () => {
  it('gets a whole answer, with the request id', async () => {
    upstream.respond(chatAnswer('Grüß Gott'))
    const { data, request_id, response } = await client.chat.completions.create(ask).withResponse()

    expect(data.choices[0]?.message.content).toBe('Grüß Gott')
    expect(request_id).toBe(response.headers.get('x-request-id'))
  })

  it('lists models, and retrieves one with a slash in its id', async () => {
    const data = ['plain', 'openai/gpt-4o'].map((id) => ({
      id,
      object: 'model',
      created: 1,
      owned_by: 'openai',
    }))
    upstream.respond(json({ object: 'list', data }))

    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(['plain', 'openai/gpt-4o'])
    upstream.respond(async (exchange) => {
      const isList = exchange.request.path.endsWith('/models')
      await json(isList ? { object: 'list', data } : { detail: 'Not Found' }, { status: isList ? 200 : 404 })(
        exchange,
      )
    })
    expect((await client.models.retrieve('openai/gpt-4o')).id).toBe('openai/gpt-4o')
  })

  it('gets the usage of a stream when it asks for it', async () => {
    upstream.respond(stream([textFrame('a'), finishFrame, usageFrame, doneFrame]))
    const options = { stream: true, stream_options: { include_usage: true } } as const
    const usages: unknown[] = []
    for await (const { usage } of await client.chat.completions.create({ ...ask, ...options }))
      usages.push(usage)

    expect(usages.at(-1)).toMatchObject({ prompt_tokens: 11 })
  })

  it.each([
    [
      'a wrong key',
      AuthenticationError,
      401,
      () => clientOf({ apiKey: 'wrong' }).chat.completions.create(ask),
    ],
    ['an empty model', BadRequestError, 400, () => client.chat.completions.create({ ...ask, model: '' })],
    ['an unknown path', NotFoundError, 404, () => client.get('/nothing')],
    ['a model nobody has', NotFoundError, 404, () => client.models.retrieve('nobody')],
  ])('throws the right error for %s, with message, code and request id', async (_, kind, status, call) => {
    upstream.respond(
      json({ error: { message: 'x', type: 'None', param: 'None', code: '404' } }, { status: 404 }),
    )
    const error = await caught(call())

    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({
      status,
      code: expect.any(String) as string,
      requestID: expect.any(String) as string,
    })
    expect((error as APIError).message).not.toContain('no body')
  })

  it('learns which parameter was wrong', async () => {
    const error = await caught(client.chat.completions.create({ ...ask, messages: [] }))

    expect(error).toMatchObject({ param: 'messages', code: 'BAD_REQUEST', type: 'invalid_request_error' })
  })

  it('throws RateLimitError with Retry-After for a 429', async () => {
    const body = { error: { message: 'slow down', type: 'throttling_error', param: 'None', code: '429' } }
    upstream.respond(json(body, { status: 429, headers: { 'llm_provider-retry-after': '3' } }))
    const error = await caught(client.chat.completions.create(ask))

    expect(error).toBeInstanceOf(RateLimitError)
    expect((error as APIError).message).toContain('slow down')
    expect((error as APIError).headers?.get('retry-after')).toBe('3')
  })

  it('throws InternalServerError when LiteLLM breaks, and tries again as often as it was told', async () => {
    upstream.respond(json({ error: { message: 'x' } }, { status: 500 }))
    const error = await caught(clientOf({ maxRetries: 1 }).chat.completions.create(ask))

    expect(error).toBeInstanceOf(InternalServerError)
    expect(upstream.requests.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '1'])
  })

  it('throws an APIError with the code when a stream breaks', async () => {
    upstream.respond(stream([textFrame('a')], { end: 'reset' }))
    const reading = async () => {
      const chunks = await client.chat.completions.create({ ...ask, stream: true })
      for await (const { choices } of chunks) expect(choices).toHaveLength(1)
    }
    const error = await caught(reading())

    expect(error).toBeInstanceOf(APIError)
    expect(error).toMatchObject({ code: 'LLM_ERROR' })
  })

  it('aborting a stream cancels it upstream within 250 ms', async () => {
    upstream.respond(
      stream(
        Array.from({ length: 1_000 }, () => textFrame('a')),
        { pauseMs: 20 },
      ),
    )
    let abortedAt = 0
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
      if (chunk.choices[0]?.delta.content) abortedAt = performance.now()
      break
    }

    expect((await upstream.requests[0]!.closed) - abortedAt).toBeLessThan(250)
  })

  it('timing out cancels the request upstream', async () => {
    upstream.respond(silence)
    const error = await caught(client.chat.completions.create(ask, { timeout: 200 }))
    const timedOutAt = performance.now()

    expect(error).toBeInstanceOf(APIConnectionTimeoutError)
    expect((await upstream.requests[0]!.closed) - timedOutAt).toBeLessThan(250)
  })

  it('keeps what it does not know: fields of the request and of the answer', async () => {
    upstream.respond(json({ ...wholeChat(), brand_new: { a: 1 } }))
    const answer = await client.chat.completions.create({ ...ask, thinking: { budget: 1 } } as typeof ask)

    expect(answer).toMatchObject({ brand_new: { a: 1 } })
    expect(JSON.parse(upstream.requests[0]!.body.toString())).toMatchObject({ thinking: { budget: 1 } })
  })
})
