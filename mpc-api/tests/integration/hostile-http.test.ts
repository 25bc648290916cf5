import { describe, expect, it } from 'vitest'
import { chatAnswer } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { postText } from '../support/raw-client.ts'
import { ask, chatPath, clientKey, startPair } from '../support/start-pair.ts'

const { gateway, raw, upstream } = await startPair({
  MPC_HEADERS_TIMEOUT_MS: '400',
  MPC_BODY_IDLE_TIMEOUT_MS: '400',
  MPC_MAX_BODY_BYTES: '100000',
})

const body = JSON.stringify(ask)
const length = `Content-Length: ${body.length}\r\n`
const chunkedBody = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
const start = `POST ${chatPath} HTTP/1.1\r\n`
const host = 'Host: gateway\r\n'
const rest = `Authorization: Bearer ${clientKey}\r\nContent-Type: application/json\r\n`
const common = start + host + rest
const second = postText(chatPath, { ...ask, user: 'smuggled' }, { authorization: `Bearer ${clientKey}` })

/** Requests no proper client sends; with a valid key and a valid body, so that only their shape can save LiteLLM. */
const smuggling: [string, string | Buffer][] = [
  [
    'Content-Length with Transfer-Encoding',
    `${common}${length}Transfer-Encoding: chunked\r\n\r\n${chunkedBody}`,
  ],
  [
    'Transfer-Encoding with Content-Length',
    `${common}Transfer-Encoding: chunked\r\n${length}\r\n${chunkedBody}`,
  ],
  [
    'a zero Content-Length with Transfer-Encoding',
    `${common}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedBody}`,
  ],
  ['two Content-Lengths that differ', `${common}${length}Content-Length: 5\r\n\r\n${body}`],
  ['two Content-Lengths that agree', `${common}${length}${length}\r\n${body}`],
  ['a list of Content-Lengths', `${common}Content-Length: ${body.length}, ${body.length}\r\n\r\n${body}`],
  ['a signed Content-Length', `${common}Content-Length: +${body.length}\r\n\r\n${body}`],
  ['a negative Content-Length', `${common}Content-Length: -1\r\n\r\n${body}`],
  ['a hexadecimal Content-Length', `${common}Content-Length: 0x${body.length.toString(16)}\r\n\r\n${body}`],
  ['a Content-Length with letters', `${common}Content-Length: ${body.length}a\r\n\r\n${body}`],
  ['a Content-Length with a space inside', `${common}Content-Length: 1 2\r\n\r\n${body}`],
  ['an enormous Content-Length', `${common}Content-Length: 99999999999999999999999\r\n\r\n${body}`],
  [
    'two Transfer-Encodings',
    `${common}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${chunkedBody}`,
  ],
  [
    'chunked twice',
    `${common}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedBody}`,
  ],
  ['chunked, then another coding', `${common}Transfer-Encoding: chunked, identity\r\n\r\n${chunkedBody}`],
  ['a coding that does not exist', `${common}Transfer-Encoding: xchunked\r\n\r\n${chunkedBody}`],
  ['Transfer-Encoding: identity', `${common}Transfer-Encoding: identity\r\n${length}\r\n${body}`],
  ['a space before the colon', `${common}Transfer-Encoding : chunked\r\n\r\n${chunkedBody}`],
  ['a vertical tab before the value', `${common}Transfer-Encoding: \vchunked\r\n\r\n${chunkedBody}`],
  ['a folded header', `${common}X-Folded: a\r\n b\r\n${length}\r\n${body}`],
  ['a folded Transfer-Encoding', `${common}Transfer-Encoding:\r\n chunked\r\n\r\n${chunkedBody}`],
  ['a folded first header', `${start} X: y\r\n${host}${rest}${length}\r\n${body}`],
  ['bare line feeds', `${common}${length}\r\n`.replaceAll('\r\n', '\n') + body],
  ['one bare line feed', `${common}X-A: b\n${length}\r\n${body}`],
  ['a bare carriage return', `${common}X-A: b\rX-B: c\r\n${length}\r\n${body}`],
  ['a NUL in a header', `${common}X-A: a\0b\r\n${length}\r\n${body}`],
  ['a NUL in a header name', `${common}X-\0A: a\r\n${length}\r\n${body}`],
  ['a header without a colon', `${common}nonsense\r\n${length}\r\n${body}`],
  ['a header without a name', `${common}: value\r\n${length}\r\n${body}`],
  ['a header name in quotes', `${common}"X": value\r\n${length}\r\n${body}`],
  ['a chunk size that is none', `${common}Transfer-Encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`],
  ['a negative chunk size', `${common}Transfer-Encoding: chunked\r\n\r\n-1\r\n${body}\r\n0\r\n\r\n`],
  [
    'a chunk size beyond 64 bits',
    `${common}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${body}\r\n0\r\n\r\n`,
  ],
  ['a chunk size with 0x', `${common}Transfer-Encoding: chunked\r\n\r\n0x${chunkedBody}`],
  ['a chunk longer than its size', `${common}Transfer-Encoding: chunked\r\n\r\n5\r\n${body}\r\n0\r\n\r\n`],
  [
    'chunks that end in line feeds',
    `${common}Transfer-Encoding: chunked\r\n\r\n${chunkedBody.replaceAll('\r\n', '\n')}`,
  ],
  [
    'a chunk extension of 100 KB',
    `${common}Transfer-Encoding: chunked\r\n\r\n5;${'x'.repeat(100_000)}\r\n${body}`,
  ],
]

const targets: [string, string][] = [
  ['no Host', `${start}${rest}${length}\r\n${body}`],
  ['two Hosts', `${start}${host}Host: evil\r\n${rest}${length}\r\n${body}`],
  ['two Hosts that agree', `${start}${host}${host}${rest}${length}\r\n${body}`],
  [
    'an absolute target',
    `POST http://evil.example${chatPath} HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`,
  ],
  [
    'an absolute target of our own',
    `POST http://gateway${chatPath} HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`,
  ],
  ['CONNECT', `CONNECT evil.example:443 HTTP/1.1\r\n${host}${rest}\r\n`],
  ['CONNECT to a path', `CONNECT ${chatPath} HTTP/1.1\r\n${host}${rest}\r\n`],
  ['a target without a slash', `POST api/chat/completions HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`],
  ['an asterisk', `POST * HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${host}\r\n`],
  ['TRACE', `TRACE ${chatPath} HTTP/1.1\r\n${host}${rest}Connection: close\r\n\r\n`],
  ['a space in the target', `POST /api/chat /completions HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`],
  ['a fragment in the target', `POST ${chatPath}#x HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`],
  [
    'a raw control character in the target',
    `POST ${chatPath}\x01 HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`,
  ],
  ['a method that does not exist', `BREW ${chatPath} HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`],
  ['a method in small letters', `post ${chatPath} HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`],
  ['HTTP/0.9', `GET ${chatPath}\r\n\r\n`],
  ['HTTP/3.0', `POST ${chatPath} HTTP/3.0\r\n${host}${rest}${length}\r\n${body}`],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(200, '\x07')],
  ['words', 'hello there\r\n\r\n'],
]

const bombs: [string, string][] = [
  ['a header of 100 KB', `${common}X-Bomb: ${'x'.repeat(100_000)}\r\n${length}\r\n${body}`],
  ['a header name of 100 KB', `${common}X-${'x'.repeat(100_000)}: 1\r\n${length}\r\n${body}`],
  [
    '10,000 headers',
    `${common}${Array.from({ length: 10_000 }, (_, i) => `X-${i}: 1\r\n`).join('')}${length}\r\n${body}`,
  ],
  [
    'a target of 100 KB',
    `POST ${chatPath}?${'x'.repeat(100_000)} HTTP/1.1\r\n${host}${rest}${length}\r\n${body}`,
  ],
]

async function expectRejected(bytes: string | Buffer, status?: number, code?: string) {
  upstream.respond(chatAnswer())
  const client = await raw()
  client.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  await client.closed(3_000)
  const [answer, ...more] = client.answers()

  expect(upstream.received()).toBe('')
  expect(more).toEqual([])
  if (answer)
    await expectEnvelope(answer, status ?? [400, 404, 405, 408, 411, 413, 417, 421, 431, 501, 505], code)
  else if (status) expect.unreachable(`closed without an answer instead of ${status}`)
}

describe('a request that could be smuggling', () => {
  it.each(smuggling)(
    '%s: 4xx in our envelope or a closed connection, and LiteLLM sees nothing',
    async (_, bytes) => {
      await expectRejected(bytes)
    },
  )

  it.each(smuggling)('%s, with a proper request behind it: LiteLLM sees neither', async (_, bytes) => {
    await expectRejected(Buffer.concat([Buffer.from(bytes as string, 'latin1'), Buffer.from(second)]))
  })
})

describe('a strange start line', () => {
  it.each(targets)(
    '%s: 4xx in our envelope or a closed connection, and LiteLLM sees nothing',
    async (_, bytes) => {
      await expectRejected(bytes)
    },
  )

  it.each([
    ['no Host', targets[0]![1]],
    ['two Hosts', targets[1]![1]],
  ])('%s is a 400 in our envelope', async (_, bytes) => {
    await expectRejected(bytes, 400, 'BAD_REQUEST')
  })
})

describe('a header bomb', () => {
  it.each(bombs)('%s is 431 in our envelope', async (_, bytes) => {
    await expectRejected(bytes, 431, 'HEADERS_TOO_LARGE')
  })

  it('2,500 small headers lose none of those that decide', async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => `A${i}:\r\n`).join('')
    const client = await raw()
    upstream.respond(chatAnswer())
    client.send(`${start}${host}${many}${rest}${length}\r\n${body}`)

    // Node drops headers beyond a number: a request judged without its last headers must not go through.
    const { status } = await client.answer()
    expect([200, 401, 431]).toContain(status)
    client.destroy()
  })
})

describe('a request that was refused before its body was read', () => {
  it('takes the requests behind it on the same connection with it', async () => {
    upstream.respond(chatAnswer())
    const client = await raw()
    client.send(`${common}Content-Length: 5000000\r\n\r\n`, second)

    await expectEnvelope(await client.answer(), 413, 'PAYLOAD_TOO_LARGE')
    await client.closed(3_000)
    expect(upstream.received()).toBe('')
  })
})

describe('Expect', () => {
  it('100-continue is answered with 100, then with the answer', async () => {
    upstream.respond(chatAnswer())
    const client = await raw()
    client.send(`${common}Expect: 100-continue\r\n${length}\r\n`)
    await client.until('100 Continue')
    client.send(body)

    expect((await client.answer()).status).toBe(200)
    expect(upstream.requests[0]?.headers).not.toHaveProperty('expect')
    client.destroy()
  })

  it('100-continue with a wrong key is answered with 401 and never with 100', async () => {
    const client = await raw()
    client.send(`${common.replace(clientKey, 'wrong')}Expect: 100-continue\r\n${length}\r\n`)

    await expectEnvelope(await client.answer(), 401, 'UNAUTHORIZED')
    await client.closed(3_000)
    expect(client.bytes().toString()).not.toContain('100 Continue')
  })

  it('anything else is 417 in our envelope', async () => {
    await expectRejected(
      `${common}Expect: the-impossible\r\nConnection: close\r\n${length}\r\n${body}`,
      417,
      'EXPECTATION_FAILED',
    )
  })
})

describe('pipelining', () => {
  it('proper requests are answered in order, each whole', async () => {
    upstream.respondOnce(chatAnswer('first'), chatAnswer('second'))
    const one = postText(chatPath, ask, { authorization: `Bearer ${clientKey}` })
    const client = await raw()
    client.send(one + one)
    await expect.poll(() => client.answers().filter(({ complete }) => complete).length).toBe(2)
    const texts = client.answers().map((answer) => answer.body.toString())

    expect(texts[0]).toContain('first')
    expect(texts[1]).toContain('second')
    client.destroy()
  })

  it.each([
    ['two Hosts', `GET /health/live HTTP/1.1\r\n${host}${host}\r\n`, 400],
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n', 400],
    ['a target with dots', `GET /api/../health HTTP/1.1\r\n${host}\r\n`, 400],
    ['an impossible expectation', `${common}Expect: miracles\r\n${length}\r\n${body}`, 417],
    ['no key', `GET /api/models HTTP/1.1\r\n${host}\r\n`, 401],
  ])('a request with %s that waits for its turn is refused like any other', async (_, hostile, status) => {
    upstream.respondOnce(chatAnswer('first'))
    const client = await raw()
    client.send(postText(chatPath, ask, { authorization: `Bearer ${clientKey}` }) + hostile)
    await expect.poll(() => client.answers().filter(({ complete }) => complete).length).toBe(2)
    const [first, second] = client.answers()

    expect(first?.body.toString()).toContain('first')
    await expectEnvelope(second!, status)
    client.destroy()
  })

  it('200 requests at once on one connection do not reach LiteLLM at once', async () => {
    upstream.respond(chatAnswer())
    const one = postText(chatPath, ask, { authorization: `Bearer ${clientKey}` })
    const client = await raw()
    client.send(one.repeat(200))
    await upstream.nextRequest()

    expect(upstream.requests.length).toBeLessThan(50)
    client.destroy()
  })
})

describe('an upgrade nobody offers', () => {
  it.each([
    [
      'a WebSocket',
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
    ],
    [
      'h2c',
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n',
    ],
  ])('%s is never switched to', async (_, headers) => {
    const client = await raw()
    client.send(`GET /health/live HTTP/1.1\r\n${host}${headers}\r\n`)

    expect((await client.answer()).status).not.toBe(101)
    client.destroy()
  })
})

describe('after all this', () => {
  it('the gateway still answers', async () => {
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200)
  })
})
