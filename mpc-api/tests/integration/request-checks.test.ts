import { describe, expect, it } from 'vitest'
import { chatAnswer } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { ask, chatPath, startPair } from '../support/start-pair.ts'

const maxBytes = 200_000
const { auth, gateway, get, post, raw, upstream } = await startPair({
  MPC_MAX_BODY_BYTES: String(maxBytes),
  MPC_MAX_JSON_DEPTH: '20',
})

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const withExtra = (extra: string) =>
  `{"model":"m","messages":[{"role":"user","content":"x"}],"extra":${extra}}`

describe('POST /api/chat/completions refuses, with 400 and the parameter', () => {
  it.each([
    ['an array', [], null],
    ['a string', '"text"', null],
    ['null', 'null', null],
    ['a number', '1', null],
    ['nothing', '', null],
    ['no model', { messages: ask.messages }, 'model'],
    ['an empty model', { ...ask, model: '' }, 'model'],
    ['a model that is no string', { ...ask, model: 5 }, 'model'],
    ['a model that is null', { ...ask, model: null }, 'model'],
    ['a line break in the model', { ...ask, model: 'a\nb' }, 'model'],
    ['a NUL in the model', { ...ask, model: 'a\u0000' }, 'model'],
    ['a DEL in the model', { ...ask, model: '\u007fa' }, 'model'],
    ['a C1 control in the model', { ...ask, model: 'a\u0085b' }, 'model'],
    ['several models', { ...ask, model: 'cheap,dear' }, 'model'],
    ['a model of 257 characters', { ...ask, model: 'm'.repeat(257) }, 'model'],
    ['no messages', { model: 'm' }, 'messages'],
    ['empty messages', { model: 'm', messages: [] }, 'messages'],
    ['messages that are no array', { model: 'm', messages: 'hi' }, 'messages'],
    ['messages that are an object', { model: 'm', messages: { 0: {} } }, 'messages'],
    ['a message that is no object', { model: 'm', messages: ['hi'] }, 'messages'],
    ['a message that is null', { model: 'm', messages: [null] }, 'messages'],
    ['a message that is an array', { model: 'm', messages: [[]] }, 'messages'],
    ['a message without a role', { model: 'm', messages: [...ask.messages, { content: 'x' }] }, 'messages'],
    ['a role that is no string', { model: 'm', messages: [{ role: 7, content: 'x' }] }, 'messages'],
  ])('%s', async (_, body, param) => {
    const error = await expectEnvelope(await post(chatPath, body), 400, 'BAD_REQUEST')

    if (param === null) expect(error.param).toBeNull()
    else expect(error.param).toMatch(new RegExp(`^${param}`))
    expect(error.type).toBe('invalid_request_error')
    expect(upstream.received()).toBe('')
  })
})

describe('stream_options', () => {
  it.each([5, [], 'x', true])(
    '%j with a stream is refused: its usage could not be asked for',
    async (odd) => {
      for (const path of [chatPath, '/api/completions']) {
        const body = { ...ask, prompt: 'x', stream: true, stream_options: odd }
        const error = await expectEnvelope(await post(path, body), 400, 'BAD_REQUEST')

        expect(error.param).toBe('stream_options')
        expect(upstream.received()).toBe('')
      }
    },
  )
})

describe('tools that are the MCP servers of LiteLLM itself', () => {
  const tools = (server_url: unknown) => [
    { type: 'function', function: { name: 'f' } },
    { type: 'mcp', server_label: 'x', server_url, require_approval: 'never' },
  ]

  it.each([
    [chatPath, ask],
    ['/api/responses', { model: 'm', input: 'x' }],
    ['/api/v1/messages', { ...ask, max_tokens: 9 }],
  ])('POST %s refuses, and says which', async (path, body) => {
    for (const server of ['litellm_proxy', 'litellm_proxy/mcp/github']) {
      const answer = await post(path, { ...body, tools: tools(server) })
      const error = await expectEnvelope(answer, 400, 'BAD_REQUEST')

      expect(error.param).toBe('tools[1].server_url')
      expect(upstream.received()).toBe('')
    }
  })

  it.each(['https://mcp.example.com/sse', 'https://litellm_proxy.example.com/mcp', undefined])(
    'are not %s, which passes',
    async (server) => {
      upstream.respond(chatAnswer())

      expect((await post(chatPath, { ...ask, tools: tools(server) })).status).toBe(200)
    },
  )
})

describe('a model in the query', () => {
  // LiteLLM prefers it to the one in the body, which is the one that is checked and logged.
  it.each([chatPath, '/api/embeddings', '/api/responses', '/api/audio/speech'])(
    'of POST %s is refused',
    async (path) => {
      for (const query of ['?model=other', '?a=1&%6Dodel=other', '?model=']) {
        const error = await expectEnvelope(await post(path + query, { ...ask, input: 'x' }), 400)

        expect(error.param).toBe('model')
        expect(upstream.received()).toBe('')
      }
    },
  )

  it.each(['?model=a,b', '?model=', '?model=a&model=b', '?model=a&limit=2&%6Dodel=a'])(
    'of GET /api/files is refused when it is %s',
    async (query) => {
      const error = await expectEnvelope(await get(`/api/files${query}`), 400)

      expect(error.param).toBe('model')
      expect(upstream.received()).toBe('')
    },
  )
})

describe('POST /api/chat/completions refuses what is no proper JSON', () => {
  it.each([
    ['{"model": "m", "messages": [}', /\b2[5-9]\b|column|position/],
    ['{"model": "m"', /position|end/i],
    ['{model: "m"}', /position 1\b|column 2\b/],
    ['{"model": "m"} trailing', /position|column/],
    ['{"model": NaN}', /position|column/],
  ])('%s: 400 with the position', async (text, position) => {
    const error = await expectEnvelope(await post(chatPath, text), 400, 'BAD_REQUEST')

    expect(`${error.message} ${JSON.stringify(error.details)}`).toMatch(position)
    expect(`${error.message} ${JSON.stringify(error.details)}`).toMatch(/\d/)
    expect(upstream.received()).toBe('')
  })

  it('a long document: the message does not quote the words of the user', async () => {
    const error = await expectEnvelope(await post(chatPath, '{"model":"m","secret-words":oops}'), 400)

    expect(JSON.stringify(error)).not.toContain('secret-words')
  })

  it.each([
    ['a lone continuation byte', Buffer.from([0x80])],
    ['an overlong slash', Buffer.from([0xc0, 0xaf])],
    ['half a character', Buffer.from([0xe2, 0x82])],
    ['a surrogate in UTF-8', Buffer.from([0xed, 0xa0, 0x80])],
    ['Latin-1', Buffer.from('ü', 'latin1')],
  ])('%s inside a string: 400', async (_, bytes) => {
    const [before, after] = JSON.stringify({ ...ask, user: '@' }).split('@') as [string, string]
    const body = Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)])
    const headers = { ...auth, 'content-type': 'application/json' }

    await expectEnvelope(
      await fetch(gateway.url + chatPath, { method: 'POST', headers, body }),
      400,
      'BAD_REQUEST',
    )
    expect(upstream.received()).toBe('')
  })

  it.each([
    ['arrays', nested(30)],
    ['objects', `${'{"a":'.repeat(30)}1${'}'.repeat(30)}`],
    ['arrays that would exhaust a stack', nested(90_000)],
    ['arrays never closed', '['.repeat(90_000)],
  ])('deeper than MPC_MAX_JSON_DEPTH, %s: 400', async (_, extra) => {
    await expectEnvelope(await post(chatPath, withExtra(extra)), 400, 'BAD_REQUEST')
    expect(upstream.received()).toBe('')
  })

  it('brackets inside strings are no depth', async () => {
    upstream.respond(chatAnswer())

    expect((await post(chatPath, withExtra(JSON.stringify('\\"[{'.repeat(50))))).status).toBe(200)
  })

  it('15 levels are fine', async () => {
    upstream.respond(chatAnswer())

    expect((await post(chatPath, withExtra(nested(15)))).status).toBe(200)
  })
})

describe('POST /api/chat/completions looks at the content type', () => {
  const postAs = (type: string) => {
    const headers = { ...auth, 'content-type': type }
    return fetch(gateway.url + chatPath, { method: 'POST', headers, body: Buffer.from(JSON.stringify(ask)) })
  }

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense'])(
    '%s is 415',
    async (type) => {
      await expectEnvelope(await postAs(type), 415, 'UNSUPPORTED_MEDIA_TYPE')
      expect(upstream.received()).toBe('')
    },
  )

  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON;charset="UTF-8"'])(
    '%s is fine',
    async (type) => {
      upstream.respond(chatAnswer())

      expect((await postAs(type)).status).toBe(200)
    },
  )

  it('a compressed body is refused, not forwarded', async () => {
    const headers = { 'content-encoding': 'gzip' }

    await expectEnvelope(await post(chatPath, ask, { headers }), [400, 415])
    expect(upstream.received()).toBe('')
  })
})

describe('POST /api/chat/completions keeps to MPC_MAX_BODY_BYTES', () => {
  const ofBytes = (bytes: number) => {
    const empty = JSON.stringify({ ...ask, user: '' }).length
    return JSON.stringify({ ...ask, user: 'x'.repeat(bytes - empty) })
  }

  it('exactly as many pass', async () => {
    upstream.respond(chatAnswer())

    expect((await post(chatPath, ofBytes(maxBytes))).status).toBe(200)
    expect(upstream.requests[0]?.body).toHaveLength(maxBytes)
  })

  it('one more is 413', async () => {
    await expectEnvelope(await post(chatPath, ofBytes(maxBytes + 1)), 413, 'PAYLOAD_TOO_LARGE')
    expect(upstream.received()).toBe('')
  })

  it('Content-Length alone is enough to refuse, and the connection is closed', async () => {
    const client = await raw()
    client.send(
      `POST ${chatPath} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\n`,
      `Content-Type: application/json\r\nContent-Length: ${maxBytes + 1}\r\n\r\n`,
    )

    await expectEnvelope(await client.answer(), 413, 'PAYLOAD_TOO_LARGE')
    await client.closed(2_000)
  })

  it('chunked, without a length, is refused when the limit is passed, and the connection is closed', async () => {
    const client = await raw()
    client.send(
      `POST ${chatPath} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\n`,
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    client.send(`${(maxBytes + 1).toString(16)}\r\n`, 'x'.repeat(maxBytes + 1))

    await expectEnvelope(await client.answer(), 413, 'PAYLOAD_TOO_LARGE')
    await client.closed(2_000)
    expect(upstream.received()).toBe('')
  })
})

describe('a refused upload is answered at once and not read to its end', () => {
  const upload = (authorization: string) =>
    `POST ${chatPath} HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 50000000\r\n\r\n'

  it.each([
    ['a wrong key', upload('Bearer wrong'), 401],
    ['too large', upload(auth['authorization']!), 413],
    ['an unknown path', upload(auth['authorization']!).replace(chatPath, '/api/nothing'), 404],
    ['a path without POST', upload(auth['authorization']!).replace(chatPath, '/api/models'), 405],
    ['a wrong content type', upload(auth['authorization']!).replace('application/json', 'text/plain'), 415],
  ])(
    '%s: the answer arrives while the body has barely begun, then the connection closes',
    async (_, head, status) => {
      const client = await raw()
      client.send(head, 'x'.repeat(1_000))

      await expectEnvelope(await client.answer(), status)
      await client.closed(2_500)
    },
  )

  it('a client that sends all the time still reads the answer', async () => {
    const client = await raw()
    client.send(upload('Bearer wrong'))
    const piece = 'x'.repeat(100_000)
    const sending = setInterval(() => client.socket.writable && client.socket.write(piece), 1)
    try {
      await expectEnvelope(await client.answer(), 401, 'UNAUTHORIZED')
      await client.closed(3_000)
    } finally {
      clearInterval(sending)
    }
    expect(client.socket.bytesWritten).toBeLessThan(40_000_000)
  })
})
