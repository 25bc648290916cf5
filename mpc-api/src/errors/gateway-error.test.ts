import { describe, expect, it } from 'vitest'
import { toErrorBody } from './error-body.ts'
import { errorCatalog, type ErrorCode } from './error-catalog.ts'
import { GatewayError, UpstreamRefusal } from './gateway-error.ts'
import { toGatewayError } from './to-gateway-error.ts'

const codes = Object.keys(errorCatalog) as ErrorCode[]

describe('an error of the gateway', () => {
  it.each(codes)('%s has the status and the type of the catalogue', (code) => {
    const error = new GatewayError(code, 'Why, and what to do.')

    expect(error.status).toBe(errorCatalog[code].status)
    expect(error.fields).toEqual({
      code,
      message: 'Why, and what to do.',
      type: errorCatalog[code].type,
      param: null,
    })
  })

  it('becomes the envelope that OpenAI and Anthropic clients both read', () => {
    const error = new GatewayError('BAD_REQUEST', 'm', { param: 'messages[0]', details: { a: 1 } })

    expect(toErrorBody(error, 'req-1')).toEqual({
      type: 'error',
      error: {
        code: 'BAD_REQUEST',
        message: 'm',
        type: 'invalid_request_error',
        param: 'messages[0]',
        statusCode: 400,
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        requestId: 'req-1',
        details: { a: 1 },
      },
    })
  })

  it('says nothing of its cause to the caller', () => {
    const error = new GatewayError('LLM_ERROR', 'm', { cause: new Error('10.0.0.1 secret') })

    expect(JSON.stringify(toErrorBody(error, 'r'))).not.toContain('secret')
  })

  it("of LiteLLM's keeps status, message, type, param and code", () => {
    const fields = { code: null, message: 'm', type: 'budget_exceeded', param: 'p' }
    const error = new UpstreamRefusal(429, fields, { 'retry-after': '3' })

    expect(error).toMatchObject({ status: 429, fields, headers: { 'retry-after': '3' } })
    expect(toErrorBody(error, 'r')['error']).toMatchObject({ ...fields, statusCode: 429 })
  })
})

describe('whatever was thrown', () => {
  it('stays what it is when it is ours', () => {
    const error = new GatewayError('NOT_FOUND', 'm')

    expect(toGatewayError(error)).toBe(error)
  })

  it("is 400 when it is Express's complaint about a path", () => {
    expect(toGatewayError(Object.assign(new Error('Failed to decode param'), { status: 400 })).status).toBe(
      400,
    )
  })

  it.each([
    new Error('secret'),
    Object.assign(new Error('secret'), { status: 418 }),
    'secret',
    null,
    undefined,
    7,
    { status: '400' },
  ])('%s is 500, and its words stay inside', (thrown) => {
    const error = toGatewayError(thrown)

    expect(error.status).toBe(500)
    expect(error.cause).toBe(thrown)
    expect(JSON.stringify(toErrorBody(error, 'r'))).not.toContain('secret')
  })
})
