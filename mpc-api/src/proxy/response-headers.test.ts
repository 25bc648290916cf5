import { describe, expect, it } from 'vitest'
import { fieldsOf } from '../../tests/support/header-fields.ts'
import { toClientHeaders } from './response-headers.ts'

describe('the headers of an answer on their way to the client', () => {
  it.each([
    'content-disposition',
    'content-range',
    'accept-ranges',
    'retry-after',
    'x-ratelimit-reset-tokens',
    'anthropic-ratelimit-requests-limit',
    'x-litellm-response-cost',
    'openai-processing-ms',
  ])('%s comes down', (name) => {
    expect(toClientHeaders(fieldsOf({ [name]: 'v' }))).toEqual([name, 'v'])
  })

  it.each([
    'content-type',
    'content-length',
    'content-encoding',
    'transfer-encoding',
    'connection',
    'set-cookie',
    'server',
    'date',
    'location',
    'access-control-allow-origin',
    'x-litellm-model-api-base',
    'x-litellm-key-spend',
    'x-litellm-version',
    'x-litellm-call-id',
    'llm_provider-request-id',
    'x-request-id',
    'x-litellm-response-cost-original',
  ])('%s does not', (name) => {
    expect(toClientHeaders(fieldsOf({ [name]: 'v' }))).toEqual([])
  })

  it('do not come down when they came twice', () => {
    const once = { 'retry-after': '1', 'x-ratelimit-a': '2' }
    const twice = { 'x-litellm-model-id': ['a', 'b'], 'openai-model': ['c', 'c'] }
    expect(toClientHeaders(fieldsOf({ ...twice, ...once }))).toEqual(Object.entries(once).flat())
  })
})
