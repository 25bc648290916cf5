import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { contentType, multipart } from '../support/multipart-body.ts'
import { startPair } from '../support/start-pair.ts'
import { json, raw as rawBytes, silence, whole } from '../support/upstream-behaviours.ts'
import { type Behaviour } from '../support/upstream-stub.ts'
import { within } from '../support/within.ts'

const { auth, gateway, get, post, rawPost, upstream } = await startPair()

const ask = { model: 'tts-1', input: 'Grüß 👍', voice: 'alloy' }
const typed = (type: string, more = {}) => ({ headers: { 'content-type': type, ...more } })
const audio = randomBytes(400_000)

const transcribe = () => {
  const body = multipart(['model', 'whisper-1'], ['file', Buffer.from('x')]).bytes
  const headers = { ...auth, 'content-type': contentType }
  return fetch(`${gateway.url}/api/audio/transcriptions`, { method: 'POST', headers, body })
}

describe('POST /api/audio/speech', () => {
  it.each(['audio/mpeg', 'audio/opus', 'audio/wav', 'application/octet-stream'])(
    'hands the sound down byte for byte, as %s',
    async (type) => {
      upstream.respond(whole(audio, typed(type)))
      const answer = await post('/api/audio/speech', ask)

      expect(answer.headers.get('content-type')).toBe(type)
      expect(answer.headers.get('content-length')).toBe(String(audio.length))
      expect(Buffer.from(await answer.arrayBuffer()).equals(audio)).toBe(true)
    },
  )

  it('lets the sound begin before it is all there', async () => {
    upstream.respond(
      rawBytes(
        ['HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n', '3\r\nabc\r\n'],
        { end: 'silent' },
      ),
    )
    const client = await rawPost('/api/audio/speech', ask)

    expect((await client.until('abc')).toString()).toContain('audio/mpeg')
    const leftAt = performance.now()
    client.destroy()
    expect((await within(2_000, upstream.requests[0]!.closed, 'never cancelled')) - leftAt).toBeLessThan(250)
  })

  it('is logged with the characters it spoke, and its cost', async () => {
    upstream.respond(whole(audio, typed('audio/mpeg', { 'x-litellm-response-cost': '0.00009' })))
    await (await post('/api/audio/speech', ask, { headers: { 'x-request-id': 'speech' } })).arrayBuffer()
    const entry = () => gateway.logs().find((line) => line['id'] === 'speech')

    await expect
      .poll(entry)
      .toMatchObject({ usage: { characters: 6 }, costMicroUsd: 90, bytesOut: audio.length })
  })

  it.each<[string, Behaviour]>([
    ['nothing', whole('', typed('audio/mpeg'))],
    ['a web page', whole('<html>', typed('text/html'))],
    ['no content type', rawBytes(['HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx'], { end: 'complete' })],
    ['compressed sound', whole('x', typed('audio/mpeg', { 'content-encoding': 'gzip' }))],
  ])('is 502 when LiteLLM answers with %s', async (_, behaviour) => {
    upstream.respond(behaviour)

    await expectEnvelope(await post('/api/audio/speech', ask), 502, 'LLM_ERROR')
  })

  it.each<[string, Behaviour]>([
    [
      'chunked',
      rawBytes(
        ['HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ntransfer-encoding: chunked\r\n\r\n', '3\r\nabc\r\n'],
        { end: 'reset' },
      ),
    ],
    [
      'of announced length',
      rawBytes(['HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: 9\r\n\r\n', 'abc'], {
        end: 'fin',
      }),
    ],
  ])('never looks whole when it was cut, %s', async (_, behaviour) => {
    upstream.respond(behaviour)
    const client = await rawPost('/api/audio/speech', ask)
    await client.closed()

    expect(client.answers()[0]).toMatchObject({ status: 200, complete: false })
  })

  it('is cancelled while LiteLLM is silent, within 250 ms', async () => {
    upstream.respond(silence)
    const client = await rawPost('/api/audio/speech', ask)
    const request = await upstream.nextRequest()
    const leftAt = performance.now()
    client.destroy()

    expect((await within(2_000, request.closed, 'never cancelled')) - leftAt).toBeLessThan(250)
  })

  it('flows no faster than its client listens', async () => {
    let sent = 0
    upstream.respond(async ({ socket, bodyRead, gone }) => {
      await bodyRead
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: audio/wav\r\ntransfer-encoding: chunked\r\n\r\n')
      const piece = Buffer.concat([Buffer.from('40000\r\n'), Buffer.alloc(0x40000), Buffer.from('\r\n')])
      while (!gone.aborted) {
        if (!socket.write(piece)) await once(socket, 'drain', { signal: gone })
        sent += 1
      }
    })
    const client = await rawPost('/api/audio/speech', ask)
    await client.until('audio/wav')
    client.socket.pause()
    const stalled = async () => {
      const known = sent
      await wait(100)
      return sent === known
    }
    await expect.poll(stalled, { timeout: 10_000 }).toBe(true)
    client.destroy()
    await within(2_000, upstream.requests[0]!.closed, 'never cancelled')
  })
})

describe('POST /api/audio/transcriptions', () => {
  it.each([
    ['text/plain; charset=utf-8', 'Grüß Gott\n'],
    ['text/vtt', 'WEBVTT\n\n00:00.000 --> 00:01.000\nGrüß Gott\n'],
    ['application/x-subrip', '1\n00:00:00,000 --> 00:00:01,000\nGrüß Gott\n'],
    ['application/json', '{"text":"Grüß Gott","big":12345678901234567890}'],
  ])('hands a transcript down as %s', async (type, text) => {
    upstream.respond(whole(text, typed(type)))
    const answer = await transcribe()

    expect(await answer.text()).toBe(text)
    expect(answer.headers.get('content-type')).toBe(
      type === 'application/json' ? `${type}; charset=utf-8` : type,
    )
  })

  it('is 502 when LiteLLM answers with a web page', async () => {
    upstream.respond(whole('<html>', typed('text/html; charset=utf-8')))

    await expectEnvelope(await transcribe(), 502, 'LLM_ERROR')
  })
})

describe('GET /api/files/{id}/content', () => {
  it.each([
    'application/octet-stream',
    'application/jsonl',
    'application/json',
    'text/html',
    'application/pdf',
  ])('hands a file down byte for byte, as %s', async (type) => {
    const bytes = Buffer.from('{"a":1}\n{"b":2}\n')
    upstream.respond(whole(bytes, typed(type, { 'content-disposition': 'attachment; filename="a.jsonl"' })))
    const answer = await get('/api/v1/files/file-1/content')

    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
    expect(answer.headers.get('content-type')).toBe(type)
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="a.jsonl"')
    // A page that somebody uploaded must not run where the API is served.
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('hands an empty file down as one', async () => {
    upstream.respond(whole('', typed('text/plain')))
    const answer = await get('/api/files/file-1/content')

    expect(answer.status).toBe(200)
    expect(await answer.text()).toBe('')
  })

  it('hands a part of a file down when that was asked for', async () => {
    upstream.respond(whole('bc', { status: 206, ...typed('text/plain', { 'content-range': 'bytes 1-2/4' }) }))
    const answer = await get('/api/files/file-1/content', { headers: { range: 'bytes=1-2' } })

    expect([answer.status, answer.headers.get('content-range'), await answer.text()]).toEqual([
      206,
      'bytes 1-2/4',
      'bc',
    ])
    expect(upstream.requests[0]?.headers['range']).toBe('bytes=1-2')
  })

  it('answers HEAD without a body, and keeps the connection usable', async () => {
    upstream.respond(whole('abc', typed('text/plain')))
    const answer = await get('/api/files/file-1/content', { method: 'HEAD' })

    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect((await get('/api/files/file-1/content')).status).toBe(200)
  })
})

describe('pictures', () => {
  it('are counted where their model counts no tokens', async () => {
    upstream.respond(json({ created: 1, data: [{ url: 'http://a' }, { url: 'http://b' }] }))
    await (
      await post(
        '/api/images/generations',
        { prompt: 'x', n: 2 },
        { headers: { 'x-request-id': 'pictures' } },
      )
    ).text()
    const entry = () => gateway.logs().find((line) => line['id'] === 'pictures')

    await expect.poll(entry).toMatchObject({ usage: { images: 2 } })
  })

  it('may be edited by JSON too, with the same checks', async () => {
    upstream.respond(json({ created: 1, data: [] }))

    expect((await post('/api/images/edits', { model: 'm', prompt: 'x', images: [] })).status).toBe(200)
    await expectEnvelope(await post('/api/images/edits', { model: 'm', api_base: 'x' }), 400)
    await expectEnvelope(await post('/api/images/edits', { prompt: 'x' }), 400)
  })
})

describe('reranking', () => {
  it.each([
    ['/api/rerank', '/v1/rerank'],
    ['/v1/rerank', '/v1/rerank'],
    ['/api/v1/rerank', '/v1/rerank'],
    ['/api/v2/rerank', '/v2/rerank'],
    ['/v1/v2/rerank', '/v2/rerank'],
  ])('%s reaches %s, and its searches are counted', async (path, reached) => {
    upstream.respond(json({ id: 'r', results: [], meta: { billed_units: { search_units: 3 } } }))
    const id = `rerank-${path.replaceAll('/', '-')}`
    await (
      await post(path, { model: 'm', query: 'q', documents: ['a'] }, { headers: { 'x-request-id': id } })
    ).text()

    expect(upstream.requests[0]?.path).toBe(reached)
    await expect
      .poll(() => gateway.logs().find((line) => line['id'] === id))
      .toMatchObject({ usage: { searchUnits: 3 } })
  })
})

describe('POST of an endpoint that may have an empty body', () => {
  it.each(['/api/responses/resp_1/cancel', '/api/batches/batch_1/cancel'])(
    '%s needs none, and checks the one it gets',
    async (path) => {
      upstream.respond(json({ id: 'x', status: 'cancelled' }))
      const empty = await fetch(gateway.url + path, { method: 'POST', headers: auth })
      expect(empty.status).toBe(200)
      expect(upstream.requests[0]?.body.length).toBe(0)

      expect((await post(path, {})).status).toBe(200)
      await expectEnvelope(await post(path, { api_key: 'x' }), 400)
      await expectEnvelope(await post(path, '[1]'), 400)
    },
  )
})
