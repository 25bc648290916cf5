import { describe, expect, it } from 'vitest'
import { chatAnswer, wholeChat } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { handshakeText } from '../support/handshake-text.ts'
import { ask, chatPath, startPair } from '../support/start-pair.ts'
import { held } from '../support/upstream-behaviours.ts'

const { auth, gateway, raw, rawPost, upstream } = await startPair()

/** What Java's HttpClient and `curl --http2` put on a first request. */
const h2c = {
  Connection: 'Upgrade, HTTP2-Settings',
  Upgrade: 'h2c',
  'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA',
}
const key = auth['authorization']!

describe('a request that offers h2c', () => {
  it('with a body is answered as if it offered nothing, and its body arrives whole', async () => {
    upstream.respond(chatAnswer('Hello'))
    const client = await rawPost(chatPath, ask, h2c)
    const answer = await client.answer()

    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body.toString())).toEqual(wholeChat('Hello'))
    expect(upstream.requests[0]?.body.toString()).toBe(JSON.stringify(ask))
  })

  it('with a body that comes later and in pieces is answered too, and the connection goes on', async () => {
    upstream.respond(chatAnswer('Hello'))
    const text = JSON.stringify(ask)
    const headers = Object.entries({ ...h2c, Authorization: key, 'Content-Type': 'application/json' })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')
    const client = await raw()
    client.send(`POST ${chatPath} HTTP/1.1\r\nHost: x\r\n${headers}Transfer-Encoding: chunked\r\n\r\n`)
    for (const piece of [text.slice(0, 10), text.slice(10)]) {
      client.send(`${piece.length.toString(16)}\r\n${piece}\r\n`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    client.send('0\r\n\r\n')
    expect((await client.answer()).status).toBe(200)
    client.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => client.answers().length).toBe(2)

    expect(client.answers()[1]?.status).toBe(200)
  })

  it('with GET and without a body is answered, and the connection goes on', async () => {
    const lines = Object.entries(h2c).map(([name, value]) => `${name}: ${value}\r\n`)
    const client = await raw()
    client.send(`GET /health/live HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`)
    expect((await client.answer()).status).toBe(200)
    client.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')
    await expect.poll(() => client.answers().length).toBe(2)
  })

  it('is refused with 401 like any other', async () => {
    const client = await rawPost(chatPath, ask, { ...h2c, authorization: 'Bearer wrong' })

    await expectEnvelope(await client.answer(), 401, 'UNAUTHORIZED')
  })
})

describe('a POST that offers a WebSocket', () => {
  it('is an ordinary request', async () => {
    upstream.respond(chatAnswer('Hello'))
    const client = await rawPost(chatPath, ask, { Connection: 'Upgrade', Upgrade: 'websocket' })

    expect((await client.answer()).status).toBe(200)
  })
})

describe('a WebSocket handshake where none is spoken', () => {
  it('is answered as an ordinary request, and the connection closed', async () => {
    const client = await raw()
    client.send(handshakeText('/health/live'))

    expect((await client.answer()).status).toBe(200)
    expect(await client.closed()).toBe('fin')
  })

  it('is relayed like any other GET', async () => {
    upstream.respond(chatAnswer('Hello'))
    const client = await raw()
    client.send(handshakeText('/api/models', { authorization: key }))

    expect((await client.answer()).status).toBe(200)
  })

  it('behind a request that is still being answered closes the connection and harms nobody else', async () => {
    const answer = held(chatAnswer('Hello'))
    upstream.respond(answer.behaviour)
    const client = await rawPost(chatPath, ask)
    await upstream.nextRequest()
    client.send(handshakeText('/api/realtime', { authorization: key }))
    await client.closed()
    answer.release()

    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
  })

  it('with a flood behind it is not read without bounds', async () => {
    const client = await raw()
    client.send(handshakeText('/api/nothing', { authorization: key }), Buffer.alloc(5_000_000))

    await expectEnvelope(await client.answer(), 404, 'NOT_FOUND')
    await client.closed()
  })
})
