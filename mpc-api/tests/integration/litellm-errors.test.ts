import { describe, expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { ask, chatPath, startPair } from '../support/start-pair.ts'
import { json, whole } from '../support/upstream-behaviours.ts'

const { post, upstream } = await startPair()

const litellmError = (code: string, more: object = {}) => ({
  error: { message: 'said LiteLLM', type: 'invalid_request_error', param: 'messages', code, ...more },
})

describe('an error of LiteLLM that is the fault of the caller', () => {
  it.each([400, 404, 408, 409, 413, 422, 429])(
    '%i keeps its status, message, type, param and code',
    async (status) => {
      upstream.respond(json(litellmError(String(status)), { status }))
      const error = await expectEnvelope(await post(chatPath, ask), status)

      expect(error).toMatchObject({
        message: 'said LiteLLM',
        type: 'invalid_request_error',
        param: 'messages',
        code: String(status),
      })
    },
  )

  it('keeps a code in words', async () => {
    upstream.respond(json(litellmError('context_length_exceeded'), { status: 400 }))

    expect((await expectEnvelope(await post(chatPath, ask), 400)).code).toBe('context_length_exceeded')
  })

  it('turns the word "None" into null', async () => {
    upstream.respond(json(litellmError('400', { param: 'None' }), { status: 400 }))

    expect((await expectEnvelope(await post(chatPath, ask), 400)).param).toBeNull()
  })

  it.each([
    ['type and code are "None"', litellmError('None', { type: 'None', param: 'None' })],
    ['fields are missing', { error: { message: 'said LiteLLM' } }],
    ['the code is a number', { error: { message: 'said LiteLLM', type: null, param: null, code: 400 } }],
  ])('fills in what is missing when %s', async (_, body) => {
    upstream.respond(json(body, { status: 400 }))
    const error = await expectEnvelope(await post(chatPath, ask), 400)

    expect(error.message).toBe('said LiteLLM')
    expect(error.param).toBeNull()
  })

  it.each([
    ['the detail of FastAPI', JSON.stringify({ detail: 'Not Found' })],
    ['HTML', '<html>nginx inner-host</html>'],
    ['nothing', ''],
    ['broken JSON', '{"error":'],
    ['a list', '[]'],
  ])('comes in our envelope even when its body is %s', async (_, body) => {
    upstream.respond(whole(body, { status: 404 }))
    const error = await expectEnvelope(await post(chatPath, ask), 404)

    expect(error.message).not.toContain('inner-host')
  })
})

describe('an error of LiteLLM that is our fault', () => {
  it.each([
    [
      401,
      litellmError('401', {
        type: 'auth_error',
        message: 'Invalid proxy server token passed. key=sk-litellm-of',
      }),
    ],
    [401, litellmError('token_not_found_in_db')],
    [403, litellmError('403', { message: 'key not allowed to access model. inner-team' })],
    [400, litellmError('400', { type: 'no_db_connection', message: 'No connected db.' })],
    [
      400,
      {
        error: {
          message: 'No connected db.',
          type: 'no_db_connection',
          param: 'None',
          code: 'no_db_connection',
        },
      },
    ],
  ])('%i %o is 502, and the caller is not blamed', async (status, body) => {
    upstream.respond(json(body, { status }))
    const error = await expectEnvelope(await post(chatPath, ask), 502, 'LLM_ERROR')

    expect(error.message).not.toMatch(/sk-litellm|inner-team|token passed/)
  })
})

describe('an error of LiteLLM itself', () => {
  it.each([
    [500, 502, 'LLM_ERROR'],
    [502, 502, 'LLM_ERROR'],
    [503, 503, 'SERVICE_UNAVAILABLE'],
    [504, 504, 'GATEWAY_TIMEOUT'],
    [529, [502, 503], undefined],
    [599, [502, 503], undefined],
  ])('%i becomes %o without its text', async (theirs, ours, code) => {
    upstream.respond(json(litellmError('500', { message: 'Traceback inner-host' }), { status: theirs }))
    const response = await post(chatPath, ask)
    // The model may have worked all the time until LiteLLM gave up on it.
    expect(response.headers.get('x-should-retry')).toBe(ours === 504 ? 'false' : null)
    const error = await expectEnvelope(response, ours, code)

    expect(JSON.stringify(error)).not.toContain('inner-host')
  })
})

describe('a 429 of LiteLLM', () => {
  it.each([
    ['its own Retry-After', { 'retry-after': '7' }, '7'],
    ["the provider's, under LiteLLM's name", { 'llm_provider-retry-after': '9' }, '9'],
    ['both: its own', { 'retry-after': '7', 'llm_provider-retry-after': '9' }, '7'],
    ['one above a minute: a minute', { 'retry-after': '3600' }, '60'],
    ['a fraction: rounded up', { 'retry-after': '0.4' }, '1'],
  ])('says when to come again: %s', async (_, headers, expected) => {
    upstream.respond(json(litellmError('429'), { status: 429, headers }))
    const response = await post(chatPath, ask)

    expect(response.headers.get('retry-after')).toBe(expected)
    expect(response.headers.get('llm_provider-retry-after')).toBeNull()
  })

  it.each([{}, { 'retry-after': 'nonsense' }, { 'retry-after': '-5' }])(
    'says so even when LiteLLM gives nothing usable: %o',
    async (headers) => {
      upstream.respond(json(litellmError('429'), { status: 429, headers }))
      const after = Number((await post(chatPath, ask)).headers.get('retry-after'))

      expect(after).toBeGreaterThanOrEqual(1)
      expect(after).toBeLessThanOrEqual(60)
    },
  )

  it('given as a date becomes seconds', async () => {
    const headers = { 'retry-after': new Date(Date.now() + 20_000).toUTCString() }
    upstream.respond(json(litellmError('429'), { status: 429, headers }))
    const after = Number((await post(chatPath, ask)).headers.get('retry-after'))

    expect(after).toBeGreaterThanOrEqual(18)
    expect(after).toBeLessThanOrEqual(21)
  })

  it.each([
    ['of LiteLLM', 429, litellmError('429', { type: 'budget_exceeded' })],
    ['of LiteLLM, which may be a 400', 400, litellmError('400', { type: 'budget_exceeded' })],
    ['at the provider', 429, litellmError('insufficient_quota', { type: 'insufficient_quota' })],
  ])('for a budget that is used up %s tells SDKs not to try again', async (_, status, body) => {
    upstream.respond(json(body, { status }))
    const response = await post(chatPath, ask)

    expect(response.headers.get('x-should-retry')).toBe('false')
    await expectEnvelope(response, status)
  })

  it('for too many requests leaves it to the SDKs', async () => {
    upstream.respond(json(litellmError('429'), { status: 429 }))

    expect((await post(chatPath, ask)).headers.get('x-should-retry')).toBeNull()
  })

  it('is not tried again by us', async () => {
    upstream.respond(json(litellmError('429'), { status: 429 }))
    await post(chatPath, ask)

    expect(upstream.requests).toHaveLength(1)
  })
})
