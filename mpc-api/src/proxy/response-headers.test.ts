import { describe, expect, it } from 'vitest'
import { headerOf, toClientHeaders } from './response-headers.ts'

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
    expect(toClientHeaders({ [name]: 'v' })).toEqual([name, 'v'])
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
    expect(toClientHeaders({ [name]: 'v' })).toEqual([])
  })

  it('do not come down when they came twice', () => {
    expect(toClientHeaders({ 'x-litellm-model-id': ['a', 'b'] })).toEqual([])
  })

  it('are read by their first value', () => {
    expect(headerOf({ 'set-cookie': ['a', 'b'] }, 'set-cookie')).toBe('a')
    expect(headerOf({ server: 'x' }, 'server')).toBe('x')
    expect(headerOf({}, 'server')).toBeUndefined()
  })
})
