import { describe, expect, it } from 'vitest'
import { chatAnswer } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { openRawClient } from '../support/raw-client.ts'
import { json } from '../support/upstream-behaviours.ts'
import { ask, chatPath, clientKey, startPair, upstreamKey } from '../support/start-pair.ts'

const { gateway, upstream, post } = await startPair()
const open = await startPair({ MPC_API_KEY: '' })
const named = await startPair({ MPC_API_KEY: '', MPC_CORS_ORIGINS: 'http://pages.example:8080' })

const postWith = (headers: Record<string, string>, path = chatPath) =>
  fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(ask),
  })

describe('a caller with the key', () => {
  it.each([
    { authorization: `Bearer ${clientKey}` },
    { authorization: `bearer ${clientKey}` },
    { 'x-api-key': clientKey },
    { 'api-key': clientKey },
  ])('is let in by %o', async (headers) => {
    upstream.respond(chatAnswer())

    expect((await postWith(headers)).status).toBe(200)
  })

  it.each(['authorization', 'x-api-key', 'api-key'])(
    'given in %s, does not hand the key to LiteLLM, which gets ours',
    async (name) => {
      upstream.respond(chatAnswer())
      await postWith({ [name]: name === 'authorization' ? `Bearer ${clientKey}` : clientKey })

      expect(upstream.requests[0]?.headers['authorization']).toBe(`Bearer ${upstreamKey}`)
      expect(upstream.received()).not.toContain(clientKey)
    },
  )
})

describe('a caller without the key', () => {
  it.each([
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: 'Bearer ' },
    { authorization: clientKey },
    { authorization: `Basic ${clientKey}` },
    { authorization: `Bearer ${clientKey.slice(0, -1)}` },
    { authorization: `Bearer ${clientKey}x` },
    { authorization: `Bearer ${clientKey.toUpperCase()}` },
    { authorization: `Bearer ${upstreamKey}` },
    { authorization: `Bearer ${'x'.repeat(300)}` },
    { 'x-api-key': 'wrong' },
    { 'x-api-key': '' },
    { 'api-key': '__proto__' },
  ])('is refused with 401: %o', async (headers) => {
    const error = await expectEnvelope(await postWith(headers), 401, 'UNAUTHORIZED')

    expect(error.type).toBe('authentication_error')
    expect(upstream.received()).toBe('')
  })

  it.each(['/api/models', '/api/models/x', '/v1/models', '/api/v1/models'])(
    'is refused on GET %s',
    async (path) => {
      await expectEnvelope(await fetch(gateway.url + path), 401, 'UNAUTHORIZED')
    },
  )

  it('keeps the connection when there was no body to read', async () => {
    const client = await openRawClient(gateway.url)
    client.send('GET /api/models HTTP/1.1\r\nHost: x\r\n\r\n')
    await client.answer()
    client.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')
    await client.until('"ok"')

    expect(client.answers().map(({ status }) => status)).toEqual([401, 200])
  })

  it.each(['/health', '/health/live'])('may ask %s', async (path) => {
    expect((await fetch(gateway.url + path)).status).toBe(200)
  })

  it('is refused before the body is looked at', async () => {
    const refused = fetch(gateway.url + chatPath, { method: 'POST', body: 'no json at all' })

    await expectEnvelope(await refused, 401, 'UNAUTHORIZED')
  })
})

describe('no key configured, listening on loopback', () => {
  it('lets everybody in, whatever key they send', async () => {
    open.upstream.respond(chatAnswer())

    expect((await open.post(chatPath, ask)).status).toBe(200)
    expect((await open.post(chatPath, ask, { headers: { authorization: '' } })).status).toBe(200)
  })
})

describe('no key configured, a name that somebody else may lead to this machine', () => {
  const statusFor = async (host: string, { gateway }: Pick<typeof open, 'gateway'> = open) => {
    const client = await openRawClient(gateway.url)
    client.send(`GET /api/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    const { status } = await client.answer()
    client.destroy()
    return status
  }

  it.each(['evil.example:3000', 'localhost.evil.example', '127.0.0.1.evil.example', 'evil', ''])(
    'is refused: %s',
    async (host) => {
      expect(await statusFor(host)).toBe(403)
      expect(open.upstream.requests).toEqual([])
    },
  )

  it.each([
    'localhost:3000',
    'LOCALHOST',
    '127.0.0.1',
    '[::1]:3000',
    '192.168.1.2:3000',
    'host.docker.internal:3000',
  ])('leaves those that nobody else can: %s', async (host) => {
    open.upstream.respond(json({ data: [] }))
    expect(await statusFor(host)).toBe(200)
  })

  it('is served where MPC_CORS_ORIGINS names it', async () => {
    named.upstream.respond(json({ data: [] }))
    expect(await statusFor('pages.example:8080', named)).toBe(200)
    expect(await statusFor('pages.example', named)).toBe(403)
  })

  it('is served where a key protects the API', async () => {
    expect(await statusFor('evil.example', { gateway })).toBe(401)
  })
})

describe('the wrong key twice over', () => {
  it('does not spoil the right one that comes next', async () => {
    upstream.respond(chatAnswer())
    await postWith({ authorization: 'Bearer wrong' })

    expect((await post(chatPath, ask)).status).toBe(200)
  })
})
