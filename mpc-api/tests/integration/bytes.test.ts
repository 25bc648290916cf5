import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { chatAnswer, chatFrames, wholeChat } from '../support/chat-frames.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { json, stream, whole } from '../support/upstream-behaviours.ts'

const { auth, gateway, post, upstream } = await startPair()

const odd =
  '\n{ "z": 12345678901234567890, "model" : "m\\u0041",\t"n": 1.0, "e": 1e2, "minus": -0, "messages": [ {"role":"user",' +
  '"content":"Grüß 👋 \\ud83d\\ude00 \\/ "} ], "a": null, "model_new_field": {"b": 1, "a": 2}, "dup": 1, "dup": 2 } \r\n'

describe('a whole request', () => {
  it.each([
    ['odd spacing, order, escapes and numbers', odd],
    ['stream: false', JSON.stringify({ ...ask, stream: false })],
    ['stream_options without a stream', JSON.stringify({ ...ask, stream_options: { include_usage: false } })],
    ['the word stream inside', JSON.stringify({ ...ask, x: { stream: true }, y: '"stream":true' })],
    ['10 MB', JSON.stringify({ ...ask, image: 'x'.repeat(10_000_000) })],
  ])('reaches LiteLLM byte for byte: %s', async (_, body) => {
    upstream.respond(chatAnswer())

    expect((await post(chatPath, body)).status).toBe(200)
    expect(upstream.requests[0]?.body.equals(Buffer.from(body))).toBe(true)
  })

  it('sent in chunks without a length reaches LiteLLM with all its bytes', async () => {
    upstream.respond(chatAnswer())
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        for (const part of [odd.slice(0, 7), odd.slice(7, 50), odd.slice(50)])
          controller.enqueue(Buffer.from(part))
        controller.close()
      },
    })
    const headers = { ...auth, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body, duplex: 'half' } as const

    expect((await fetch(gateway.url + chatPath, init)).status).toBe(200)
    expect(upstream.requests[0]?.body.toString()).toBe(odd)
  })
})

describe('a whole answer', () => {
  it.each([
    ['odd spacing, order, escapes and numbers', odd],
    ['5 MB', JSON.stringify({ ...wholeChat(), padding: 'ü'.repeat(2_500_000) })],
  ])('reaches the client byte for byte: %s', async (_, body) => {
    upstream.respond(whole(body))
    const received = Buffer.from(await (await post(chatPath, ask)).arrayBuffer())

    expect(received.equals(Buffer.from(body))).toBe(true)
  })

  it('sent in chunks by LiteLLM does too', async () => {
    const body = JSON.stringify(wholeChat('Grüß Gott'))
    upstream.respond(stream(body, { headers: { 'content-type': 'application/json' } }))

    expect(await (await post(chatPath, ask)).text()).toBe(body)
  })

  it('compressed without being asked is either readable or 502, never garbage', async () => {
    const headers = { 'content-encoding': 'gzip' }
    upstream.respond(whole(gzipSync(JSON.stringify(wholeChat())), { headers }))
    const response = await post(chatPath, ask)

    if (response.status === 200) expect(await response.json()).toEqual(wholeChat())
    else expect(response.status).toBe(502)
  })
})

describe('the answer decides whether it is a stream, not the question', () => {
  it('stream: true answered with whole JSON comes as whole JSON', async () => {
    upstream.respond(json(wholeChat()))
    const response = await post(chatPath, askStream)

    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual(wholeChat())
  })

  it('an event stream nobody asked for comes as a stream', async () => {
    upstream.respond(stream(chatFrames('a')))
    const response = await post(chatPath, ask)

    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(await response.text()).toBe(chatFrames('a').join(''))
  })
})
