import { describe, expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { handshakeText } from '../support/handshake-text.ts'
import { type RefusedHandshake } from '../support/socket-client.ts'
import { clientKey } from '../support/start-pair.ts'
import { keyHeader, startSocketPair } from '../support/start-socket-pair.ts'

const { gateway, upstream, openBare, refused, raw } = await startSocketPair({
  MPC_FIRST_BYTE_TIMEOUT_MS: '400',
  MPC_CORS_ORIGINS: 'https://app.example.com',
})
const path = '/api/realtime?model=gpt-realtime'

const expectRefusal = (answer: RefusedHandshake, status: number, code?: string) =>
  expectEnvelope({ ...answer, complete: true }, status, code)

describe('GET /api/realtime, refused with the envelope', () => {
  it.each([{}, { authorization: 'Bearer wrong' }, { 'x-api-key': 'wrong' }])(
    '401 for %o',
    async (headers) => {
      await expectRefusal(await refused(path, { headers }), 401, 'UNAUTHORIZED')
    },
  )

  it('401 for a wrong key in the subprotocol', async () => {
    await expectRefusal(
      await refused(path, {}, ['realtime', 'openai-insecure-api-key.wrong']),
      401,
      'UNAUTHORIZED',
    )
  })

  it.each(['/api/nothing', '/api/realtime/x', '/v1/Realtime'])('404 for %s', async (unknown) => {
    await expectRefusal(await refused(unknown, { headers: keyHeader }), 404, 'NOT_FOUND')
  })

  it.each(['/nothing', '/'])('404 for %s, which needs no key to be unknown', async (unknown) => {
    await expectRefusal(await refused(unknown), 404, 'NOT_FOUND')
  })

  it('400 for dot segments', async () => {
    const client = await raw()
    client.send(handshakeText('/api/x/%2e%2e/realtime', keyHeader))

    await expectEnvelope(await client.answer(), 400, 'BAD_REQUEST')
  })

  it.each(['?model=m&api_base=http%3A%2F%2Fx', '?guardrails=a', '?api_key=x'])(
    '400 for steering by %s',
    async (query) => {
      await expectRefusal(await refused(`/api/realtime${query}`, { headers: keyHeader }), 400, 'BAD_REQUEST')
    },
  )

  it('400 for a model too long', async () => {
    const answer = await refused(`/api/realtime?model=${'m'.repeat(257)}`, { headers: keyHeader })

    await expectRefusal(answer, 400, 'BAD_REQUEST')
  })

  it('400 for two models, of which LiteLLM would take the last', async () => {
    const answer = await refused('/api/realtime?model=cheap&model=dear', { headers: keyHeader })

    await expectRefusal(answer, 400, 'BAD_REQUEST')
  })

  it('400 for a plain GET, 405 for a POST', async () => {
    const get = await fetch(gateway.url + path, { headers: keyHeader })
    await expectEnvelope(get, 400, 'BAD_REQUEST')
    const post = await fetch(gateway.url + path, { method: 'POST', headers: keyHeader })
    await expectEnvelope(post, 405, 'METHOD_NOT_ALLOWED')
  })

  it.each([
    ['no key', { 'Sec-WebSocket-Key': 'short' }],
    ['an old version', { 'Sec-WebSocket-Version': '8' }],
    ['a doubled subprotocol', { 'Sec-WebSocket-Protocol': 'a, a' }],
    ['a subprotocol that is no token', { 'Sec-WebSocket-Protocol': 'a b' }],
  ])('400 for a handshake with %s', async (_, headers) => {
    const client = await raw()
    client.send(handshakeText(path, { ...keyHeader, ...headers }))

    await expectEnvelope(await client.answer(), 400, 'BAD_REQUEST')
    await client.closed()
  })

  it('403 for a page from an origin that is not allowed, though it has the key', async () => {
    const offered = ['realtime', `openai-insecure-api-key.${clientKey}`]
    await expectRefusal(await refused(path, { origin: 'https://evil.example' }, offered), 403, 'FORBIDDEN')
    await openBare(path, { origin: gateway.url }, offered)
    await upstream.nextSocket()
  })

  it('502 when LiteLLM refuses our key, without its words', async () => {
    upstream.refuseWith('HTTP/1.1 403 Forbidden\r\ncontent-length: 6\r\n\r\nsecret')
    const error = await expectRefusal(await refused(path, { headers: keyHeader }), 502, 'LLM_ERROR')

    expect(error.message).not.toContain('secret')
  })

  it('with the status and words of LiteLLM when that refuses the request', async () => {
    const body = JSON.stringify({
      error: { message: 'no such model', type: 'invalid_request_error', code: '404' },
    })
    upstream.refuseWith(`HTTP/1.1 404 Not Found\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    const error = await expectRefusal(await refused(path, { headers: keyHeader }), 404)

    expect(error.message).toBe('no such model')
  })

  it.each([
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    'HTTP/1.1 302 Found\r\nlocation: http://x/\r\ncontent-length: 0\r\n\r\n',
    'HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: x\r\n\r\n',
    'garbage\r\n\r\n',
  ])('502 when LiteLLM answers %j', async (answer) => {
    upstream.refuseWith(answer)
    await expectRefusal(await refused(path, { headers: keyHeader }), 502, 'LLM_ERROR')
  })

  it('504 when LiteLLM does not answer in time', async () => {
    upstream.refuseWith('silence')
    await expectRefusal(await refused(path, { headers: keyHeader }), 504, 'GATEWAY_TIMEOUT')
  })
})
