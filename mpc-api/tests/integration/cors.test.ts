import { describe, expect, it } from 'vitest'
import { chatAnswer } from '../support/chat-frames.ts'
import { ask, chatPath, startPair } from '../support/start-pair.ts'

const { gateway, post, upstream } = await startPair()

const origin = 'http://app.example'
/** What the preflight of the OpenAI SDK in a browser asks for. */
const asked = [
  'authorization',
  'content-type',
  'x-stainless-arch',
  'x-stainless-lang',
  'x-stainless-os',
  'x-stainless-package-version',
  'x-stainless-retry-count',
  'x-stainless-runtime',
  'x-stainless-runtime-version',
  'x-stainless-timeout',
  'x-stainless-helper-method',
  'openai-organization',
  'openai-project',
  'openai-beta',
]
const exposed = [
  'x-request-id',
  'request-id',
  'retry-after',
  'x-litellm-response-cost',
  'x-ratelimit-remaining-requests',
]

describe('a browser', () => {
  it.each([
    '/api/chat/completions',
    '/api/v1/chat/completions',
    '/v1/chat/completions',
    '/api/models',
    '/v1/models/x',
  ])('may ask beforehand for %s, without a key, and LiteLLM is not bothered', async (path) => {
    const response = await fetch(gateway.url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': path.includes('chat') ? 'POST' : 'GET',
        'access-control-request-headers': asked.join(','),
      },
    })
    const allowed = response.headers.get('access-control-allow-headers')?.toLowerCase().split(/,\s*/)

    expect([200, 204]).toContain(response.status)
    expect(['*', origin]).toContain(response.headers.get('access-control-allow-origin'))
    expect(response.headers.get('access-control-allow-methods')).toContain('POST')
    expect(allowed).toEqual(expect.arrayContaining(asked))
    expect(Number(response.headers.get('access-control-max-age'))).toBeGreaterThan(0)
    expect(upstream.received()).toBe('')
  })

  it('may read the answer and the headers that matter', async () => {
    upstream.respond(chatAnswer())
    const { headers } = await post(chatPath, ask, { headers: { origin } })

    expect(['*', origin]).toContain(headers.get('access-control-allow-origin'))
    expect(headers.get('access-control-expose-headers')?.toLowerCase().split(/,\s*/)).toEqual(
      expect.arrayContaining(exposed),
    )
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('cross-origin-resource-policy') ?? 'cross-origin').toBe('cross-origin')
  })

  it.each([
    ['a refused key', chatPath, { authorization: 'Bearer wrong' }],
    ['an unknown path', '/api/nothing', {}],
  ])('may read the error too: %s', async (_, path, headers) => {
    const response = await post(path, ask, { headers: { origin, ...headers } })

    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(['*', origin]).toContain(response.headers.get('access-control-allow-origin'))
  })
})
