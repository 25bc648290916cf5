import { describe, expect, it } from 'vitest'
import { toUpstreamError } from './upstream-error.ts'

const errorOf = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  toUpstreamError(
    status,
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    (name) => headers[name],
  )

describe('a 4xx of LiteLLM', () => {
  it('stays what it is', () => {
    const error = {
      message: 'too large',
      type: 'invalid_request_error',
      param: 'max_tokens',
      code: 'integer_above_max',
    }

    expect(errorOf(400, { error })).toMatchObject({ status: 400, fields: error })
  })

  it('loses the word "None" where it means nothing, and keeps a number as its text', () => {
    expect(
      errorOf(404, { error: { message: 'gone', type: 'None', param: 'None', code: 404 } }).fields,
    ).toEqual({
      message: 'gone',
      type: 'invalid_request_error',
      param: null,
      code: '404',
    })
  })

  it.each([
    [{ detail: 'Not Found' }, 'Not Found'],
    [{ detail: { error: 'no such model' } }, 'no such model'],
    [{ detail: { error: { message: 'deeper' } } }, 'deeper'],
    [{ detail: [{ loc: ['body'], msg: 'field required' }] }, 'LiteLLM refused the request (422).'],
    [{ error: 'plain words' }, 'LiteLLM refused the request (422).'],
    ['<html>nginx</html>', 'LiteLLM refused the request (422).'],
    ['', 'LiteLLM refused the request (422).'],
    ['[1]', 'LiteLLM refused the request (422).'],
    ['null', 'LiteLLM refused the request (422).'],
  ])('with the body %j says: %s', (body, message) => {
    expect(errorOf(422, body)).toMatchObject({ status: 422, fields: { message } })
  })

  it.each([
    [401, {}],
    [403, { error: { message: 'key sk-litellm not allowed' } }],
    [400, { error: { message: 'x', type: 'no_db_connection' } }],
    [400, { error: { message: 'x', code: 'no_db_connection' } }],
  ])('of %i for our own key is our fault: 502, without its text', (status, body) => {
    const error = errorOf(status, body)

    expect(error).toMatchObject({ status: 502, code: 'LLM_ERROR' })
    expect(error.message).not.toContain('sk-litellm')
  })
})

describe('a 429 of LiteLLM tells when to come back', () => {
  const now = Date.now()
  it.each([
    [{}, '1'],
    [{ 'retry-after': '7' }, '7'],
    [{ 'retry-after': '7.2' }, '8'],
    [{ 'retry-after': '0' }, '1'],
    [{ 'retry-after': '86400' }, '60'],
    [{ 'retry-after': 'soon' }, '1'],
    [{ 'retry-after': new Date(now - 10_000).toUTCString() }, '1'],
    [{ 'retry-after': new Date(now + 3_600_000).toUTCString() }, '60'],
    [{ 'llm_provider-retry-after': '9' }, '9'],
    [{ 'retry-after': '2', 'llm_provider-retry-after': '9' }, '2'],
  ])('from %j: %s s', (headers, seconds) => {
    expect(
      errorOf(429, { error: { message: 'slow down' } }, headers as Record<string, string>),
    ).toMatchObject({
      status: 429,
      headers: { 'retry-after': seconds },
      fields: { type: 'rate_limit_error' },
    })
  })
})

describe('anything else of LiteLLM', () => {
  it.each([
    [500, 502, 'LLM_ERROR'],
    [502, 502, 'LLM_ERROR'],
    [503, 503, 'SERVICE_UNAVAILABLE'],
    [504, 504, 'GATEWAY_TIMEOUT'],
    [529, 502, 'LLM_ERROR'],
    [599, 502, 'LLM_ERROR'],
    [302, 502, 'LLM_ERROR'],
    [200, 502, 'LLM_ERROR'],
  ])('%i becomes %i %s, without its text', (status, ours, code) => {
    const error = errorOf(status, { error: { message: 'at http://10.0.0.1' } })

    expect(error).toMatchObject({ status: ours, code })
    expect(error.message).not.toContain('10.0.0.1')
  })

  it.each([
    ['litellm.InternalServerError: AnthropicException - [Errno 104] Connection reset by peer', 'false'],
    ['litellm.InternalServerError: AnthropicException - [Errno 32] Broken pipe', 'false'],
    ['litellm.InternalServerError: OpenAIException - Connection error.', undefined],
    ['litellm.InternalServerError: AnthropicException - Server disconnected', undefined],
    ['scripted failure 500', undefined],
  ])('with the text "%s" has x-should-retry: %s', (message, expected) => {
    expect(errorOf(500, { error: { message } }).headers['x-should-retry']).toBe(expected)
  })
})
