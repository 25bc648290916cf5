import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toUpstreamHeaders } from './request-headers.ts'

const own = ['authorization', 'Bearer ours']
const send = (received: Record<string, string>) => {
  const flat = toUpstreamHeaders(received, own, 'req-1')
  return Object.fromEntries(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]]] : [])))
}

describe('the headers of a request to LiteLLM', () => {
  it('always are our own, with the id by which both logs are joined', () => {
    expect(send({})).toEqual({ authorization: 'Bearer ours', 'x-litellm-call-id': 'req-1' })
  })

  it('include what is for the model', () => {
    const received = {
      'content-type': 'a/b',
      accept: '*/*',
      'openai-beta': 'x',
      'anthropic-version': 'y',
      'x-stainless-lang': 'js',
      range: 'bytes=0-1',
      traceparent: 't',
    }

    expect(send(received)).toMatchObject(received)
  })

  it('include nothing else, whatever a client calls it', () => {
    const name = fc.oneof(
      fc.constantFrom(
        'cookie',
        'host',
        'content-length',
        'expect',
        'te',
        'upgrade',
        'x-forwarded-for',
        'x-api-key',
        'x-litellm-tags',
        'connection',
        'transfer-encoding',
        'api-key',
        'x-http-method-override',
      ),
      fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
    )
    const allowed =
      /^(?:authorization|content-type|accept|accept-language|user-agent|openai-beta|range|traceparent|tracestate|baggage|x-client-request-id|x-litellm-call-id|anthropic-.*|x-stainless-.*)$/
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), (received) => {
        const sent = send(received)
        for (const sentName in sent) expect(sentName).toMatch(allowed)
        expect(sent['authorization']).toBe('Bearer ours')
        expect(sent['x-litellm-call-id']).toBe('req-1')
      }),
    )
  })

  it.each(['close', 'keep-alive', 'Keep-Alive'])('are not changed by Connection: %s', (connection) => {
    expect(send({ connection, 'x-stainless-lang': 'js' })).toHaveProperty('x-stainless-lang')
  })

  it.each(['x-stainless-lang', 'close, X-Stainless-Lang', 'keep-alive,x-stainless-lang , te'])(
    'lose what Connection names: %s',
    (connection) => {
      expect(send({ connection, 'x-stainless-lang': 'js' })).not.toHaveProperty('x-stainless-lang')
    },
  )
})
