import { describe, expect, it } from 'vitest'
import { chatAnswer, chatFrames, textFrame, wholeChat } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { readPayloads } from '../support/read-sse.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { json, raw, resetAtOnce, silence, stream, toChunk, whole } from '../support/upstream-behaviours.ts'
import { type Behaviour, startUpstreamStub } from '../support/upstream-stub.ts'

const { post, rawPost, upstream } = await startPair({
  MPC_FIRST_BYTE_TIMEOUT_MS: '400',
  MPC_IDLE_TIMEOUT_MS: '400',
})

const html = '<html><body>502 Bad Gateway nginx inner-host</body></html>'
const htmlHeaders = { 'content-type': 'text/html' }
const okHead = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
const sseHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n'
const answer = JSON.stringify(wholeChat())

const endlessHeaders: Behaviour = async ({ socket, gone }) => {
  socket.write('HTTP/1.1 200 OK\r\n')
  while (!gone.aborted) {
    if (!socket.write(`x-${'h'.repeat(1_000)}: ${'v'.repeat(1_000)}\r\n`)) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

/** Answers that are none: each must become an error with a status before anything reaches the client. */
const noAnswers: [string, Behaviour, number | number[]][] = [
  ['a reset before the headers', resetAtOnce, 502],
  ['a close before the headers', raw([], { end: 'fin' }), 502],
  ['half a status line', raw(['HTTP/1.1 2'], { end: 'fin' }), 502],
  ['half the headers', raw(['HTTP/1.1 200 OK\r\ncontent-ty'], { end: 'fin' }), 502],
  ['a garbage status line', raw(['ELEPHANT 200 OK\r\n\r\nhello'], { end: 'fin' }), 502],
  ['a status that is no number', raw(['HTTP/1.1 abc OK\r\n\r\n'], { end: 'fin' }), 502],
  [
    'random bytes',
    raw([Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 131) % 256))], { end: 'fin' }),
    502,
  ],
  ['a TLS alert', raw([Buffer.from('15030100020246', 'hex')], { end: 'fin' }), 502],
  ['an HTML 502', whole(html, { status: 502, headers: htmlHeaders }), 502],
  ['an HTML 503', whole(html, { status: 503, headers: htmlHeaders }), 503],
  ['an HTML 504', whole(html, { status: 504, headers: htmlHeaders }), 504],
  ['an HTML 200', whole(html, { headers: htmlHeaders }), 502],
  ['an HTML 200 that claims to be JSON', whole(html), 502],
  ['a 200 without a body', whole(''), 502],
  ['a 200 without a content type', raw([`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello`]), 502],
  ['a 200 of broken JSON', whole('{"id":"x","choices":['), 502],
  ['a 200 that is null', whole('null'), 502],
  ['a 204', raw(['HTTP/1.1 204 No Content\r\n\r\n']), 502],
  ['a 304', raw(['HTTP/1.1 304 Not Modified\r\n\r\n']), 502],
  [
    'a 101 nobody asked for',
    raw(['HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'], { end: 'silent' }),
    502,
  ],
  ['silence', silence, 504],
  ['headers without end', endlessHeaders, [502, 504]],
  [
    'a chunk size that is none',
    raw([`${okHead}transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n`], { end: 'fin' }),
    502,
  ],
  [
    'two content-lengths',
    raw([`${okHead}content-length: 5\r\ncontent-length: 6\r\n\r\nhello!`], { end: 'fin' }),
    502,
  ],
  [
    'a length and chunks',
    raw([`${okHead}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`]),
    502,
  ],
  [
    'a header that Node would not write',
    raw([`${okHead}x-litellm-model-id: a\x07b\r\ncontent-length: 2\r\n\r\n{}`]),
    502,
  ],
  ['a folded header', raw([`${okHead}x-litellm-model-id: a\r\n b\r\ncontent-length: 2\r\n\r\n{}`]), 502],
  [
    'lines that end in LF alone',
    raw(['HTTP/1.1 200 OK\ncontent-type: application/json\ncontent-length: 2\n\n{}'], { end: 'fin' }),
    502,
  ],
  ['a reset in a small whole body', raw([`${okHead}content-length: 50\r\n\r\n{"id"`], { end: 'reset' }), 502],
]

describe('POST /api/chat/completions, whole, when LiteLLM answers with', () => {
  it.each(noAnswers)('%s, is an error in our envelope, told once', async (_, behaviour, status) => {
    upstream.respond(behaviour)
    const client = await rawPost(chatPath, ask)
    const received = await client.answer()
    const error = await expectEnvelope(received, status)

    expect(JSON.stringify(error)).not.toContain('inner-host')
    expect(error.message).not.toMatch(/undici|UND_ERR|HPE_|ECONN|127\.0\.0\.1/)
    expect(upstream.requests).toHaveLength(1)
  })

  it.each([
    [
      'content-length longer than the body, then a close',
      raw([`${okHead}content-length: 9999\r\n\r\n${answer}`], { end: 'fin' }),
    ],
    [
      'content-length longer than the body, then a reset',
      raw([`${okHead}content-length: 9999\r\n\r\n${answer}`], { end: 'reset' }),
    ],
    [
      'content-length longer than the body, then silence',
      raw([`${okHead}content-length: 9999\r\n\r\n${answer}`], { end: 'silent' }),
    ],
    [
      'chunks without a last one',
      raw([`${okHead}transfer-encoding: chunked\r\n\r\n`, toChunk(answer)], { end: 'fin' }),
    ],
    [
      'a large body that breaks off',
      raw([`${okHead}content-length: 3000000\r\n\r\n{"a":"`, 'x'.repeat(2_000_000)], { end: 'reset' }),
    ],
  ])('%s, nothing looks complete', async (_, behaviour) => {
    upstream.respond(behaviour)
    const client = await rawPost(chatPath, ask)
    const received = await client.answer()

    if (received.status === 200) expect(received.complete).toBe(false)
    else await expectEnvelope(received, [502, 504])
  })

  it('content-length shorter than the body, the rest is no answer to the next request', async () => {
    const smuggled = whole('{"smuggled":true}')
    upstream.respondOnce(async (exchange) => {
      await exchange.bodyRead
      exchange.socket.write(`${okHead}content-length: ${answer.length}\r\n\r\n${answer}`)
      await smuggled(exchange)
    })
    upstream.respond(chatAnswer('mine'))
    await post(chatPath, ask)
    const second = await post(chatPath, ask)

    expect(await second.text()).not.toContain('smuggled')
  })

  it('letters beyond ASCII in a header, they come down as they are', async () => {
    const name = Buffer.from('grün', 'latin1')
    const head = Buffer.concat([Buffer.from(`${okHead}x-litellm-model-id: `), name, Buffer.from('\r\n')])
    upstream.respond(raw([head, `content-length: ${answer.length}\r\n\r\n${answer}`]))

    expect((await post(chatPath, ask)).headers.get('x-litellm-model-id')).toBe('grün')
  })

  it('103 Early Hints first, the answer still arrives', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'
    upstream.respond(raw([hints, `${okHead}content-length: ${answer.length}\r\n\r\n${answer}`]))

    expect(await (await post(chatPath, ask)).json()).toEqual(wholeChat())
  })

  it('an answer before the request is read, it is passed on', async () => {
    upstream.respond((exchange) => json(wholeChat())({ ...exchange, bodyRead: Promise.resolve() }))

    expect((await post(chatPath, { ...ask, user: 'x'.repeat(3_000_000) })).status).toBe(200)
  })
})

describe('POST /api/chat/completions, streamed, when LiteLLM answers with', () => {
  it.each(noAnswers)(
    '%s, is an error with its status or an error frame, never a clean end',
    async (_, behaviour) => {
      upstream.respond(behaviour)
      const client = await rawPost(chatPath, askStream)
      const received = await client.answer()

      expect(received.body.toString()).not.toContain('[DONE]')
      if (received.status !== 200) return
      expect(received.complete).toBe(false)
      expect(readPayloads(received.body).at(-1)).toHaveProperty('error')
    },
  )

  it.each([
    [
      'a content-length longer than the stream',
      raw([`${sseHead}content-length: 99999\r\n\r\n`, textFrame('a')], { end: 'fin' }),
    ],
    [
      'a content-length that cuts the stream',
      raw([`${sseHead}content-length: 40\r\n\r\n`, textFrame('a')], { end: 'fin' }),
    ],
    [
      'no framing at all, and a close',
      raw([`${sseHead}connection: close\r\n\r\n`, textFrame('a')], { end: 'fin' }),
    ],
    [
      'a bad chunk in the middle',
      raw([`${sseHead}transfer-encoding: chunked\r\n\r\n`, toChunk(textFrame('a')), 'zz\r\n'], {
        end: 'fin',
      }),
    ],
    ['HTML in the middle', stream([textFrame('a'), html])],
    [
      'a reset in the middle of a character',
      stream([textFrame('a'), Buffer.from('data: "ü').subarray(0, 8)], { end: 'reset' }),
    ],
  ])('%s: an error frame, or an error before the first frame, never a clean end', async (_, behaviour) => {
    upstream.respond(behaviour)
    const client = await rawPost(chatPath, askStream)
    const answer = await client.answer()
    const { body, complete } = answer

    if (answer.status !== 200) {
      await expectEnvelope(answer, 502, 'LLM_ERROR')
      return
    }
    expect(complete).toBe(false)
    expect(readPayloads(body).at(-1)).toHaveProperty('error')
    expect(body.toString()).not.toContain('[DONE]')
  })

  it('no framing but a whole stream, and a close: it is whole', async () => {
    upstream.respond(raw([`${sseHead}connection: close\r\n\r\n`, ...chatFrames('a')], { end: 'fin' }))
    const client = await rawPost(chatPath, askStream)
    const { body, complete } = await client.answer()

    expect(complete).toBe(true)
    expect(body.toString()).toBe(chatFrames('a').join(''))
  })
})

describe('POST /api/chat/completions, when LiteLLM redirects', () => {
  it.each([301, 302, 303, 307, 308])('with %i, is 502 and nobody follows', async (status) => {
    const elsewhere = await startUpstreamStub()
    elsewhere.respond(chatAnswer('stolen'))
    upstream.respond(whole('', { status, headers: { location: `${elsewhere.url}/v1/chat/completions` } }))
    const response = await post(chatPath, ask)

    expect(response.headers.get('location')).toBeNull()
    await expectEnvelope(response, 502, 'LLM_ERROR')
    expect(elsewhere.received()).toBe('')
    await elsewhere.stop()
  })
})

describe('POST /api/chat/completions, when LiteLLM cannot be reached', () => {
  it.each([ask, askStream])(
    'is an error with a status, at once, and works again as soon as LiteLLM is back: %o',
    async (body) => {
      const port = upstream.port
      await upstream.stop()
      const startedAt = performance.now()
      const error = await expectEnvelope(await post(chatPath, body), [502, 503])
      expect(performance.now() - startedAt).toBeLessThan(1_000)
      expect(error.message).not.toMatch(/ECONNREFUSED|127\.0\.0\.1/)

      const revived = await startUpstreamStub(port)
      revived.respond(chatAnswer())
      await expect.poll(async () => (await post(chatPath, ask)).status, { timeout: 5_000 }).toBe(200)
      await revived.stop()
    },
  )
})
