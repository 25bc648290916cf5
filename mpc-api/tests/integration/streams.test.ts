import { describe, expect, it } from 'vitest'
import { chatFrames, doneFrame, finishFrame, frame, textFrame } from '../support/chat-frames.ts'
import { expectEnvelope, expectShape } from '../support/expect-envelope.ts'
import { firstDifference } from '../support/first-difference.ts'
import { readFrames, readPayloads, readText } from '../support/read-sse.ts'
import { askStream, chatPath, startPair } from '../support/start-pair.ts'
import {
  after,
  held,
  json,
  raw as rawBytes,
  silence,
  stream,
  toChunk,
} from '../support/upstream-behaviours.ts'

const { post, rawPost, upstream } = await startPair({
  MPC_PING_INTERVAL_MS: '60',
  MPC_STREAM_START_TIMEOUT_MS: '150',
  MPC_FIRST_BYTE_TIMEOUT_MS: '700',
  MPC_IDLE_TIMEOUT_MS: '5000',
})

const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
const pings = (body: Buffer | string) => readFrames(body).filter((part) => part === ': ping')

describe('POST /api/chat/completions, streamed', () => {
  it.each([
    ['frames one by one', chatFrames('a', 'b')],
    ['all frames in one piece', [chatFrames('a', 'b').join('')]],
    ['CRLF frames', [chatFrames('a').join('').replaceAll('\n', '\r\n')]],
    [
      'comments, event, id and retry lines',
      [': hello\n\n', 'event: x\nid: 1\nretry: 5\n', ...chatFrames('a')],
    ],
    ['several data lines in one frame', ['data: {"a":\ndata: 1}\n\n', ...chatFrames('a')]],
    ['umlauts and emoji', chatFrames('Grüß', '👋🏽', '漢字')],
    ['a frame of 1 MB in one line', chatFrames('x'.repeat(1_000_000), 'ü'.repeat(500_000))],
  ])('passes the bytes as they come: %s', async (_, parts) => {
    upstream.respond(stream(parts))
    const client = await rawPost(chatPath, askStream)
    const answer = await client.answer()

    expect(answer.status).toBe(200)
    expect(answer.complete).toBe(true)
    expect(answer.body.equals(Buffer.from(parts.join('')))).toBe(true)
  })

  const large = textFrame('x'.repeat(1_500_000))

  it.each([
    ['in a piece of their own', [large, finishFrame + doneFrame]],
    ['in the same piece', [large + finishFrame + doneFrame]],
    [
      'in the piece in which it ends',
      [large.slice(0, 1_200_000), large.slice(1_200_000) + finishFrame + doneFrame],
    ],
    ['after its very last byte', [large.slice(0, -1), `\n${finishFrame}${doneFrame}`]],
  ])('reads on after a frame of more than 1 MB, when the next frames come %s', async (_, parts) => {
    upstream.respond(stream(parts))
    const client = await rawPost(chatPath, askStream)
    const { body, complete } = await client.answer()

    expect(complete).toBe(true)
    expect(firstDifference(body.toString(), large + finishFrame + doneFrame)).toBeUndefined()
  })

  it('sends no ping inside a frame of more than 1 MB', async () => {
    const halves = [large.slice(0, 1_200_000), large.slice(1_200_000)]
    upstream.respond(stream([...halves, finishFrame, doneFrame], { pauseMs: 200 }))
    const client = await rawPost(chatPath, askStream)
    const { body, complete } = await client.answer()

    expect(complete).toBe(true)
    expect(body.includes(large)).toBe(true)
  })

  it('passes each frame on before the next one exists', async () => {
    const rest = held(({ socket }) => {
      for (const part of chatFrames('second')) socket.write(toChunk(part))
      socket.write('0\r\n\r\n')
    })
    upstream.respond(async (exchange) => {
      await exchange.bodyRead
      exchange.socket.write(Buffer.concat([Buffer.from(streamHead), toChunk(textFrame('first'))]))
      await rest.behaviour(exchange)
    })
    const client = await rawPost(chatPath, askStream)
    await client.until('first')
    rest.release()

    expect(readText((await client.answer()).body)).toBe('firstsecond')
  })

  it('sends pings as frames of their own while LiteLLM is silent, never inside a frame', async () => {
    const text = textFrame('halved')
    upstream.respond(
      rawBytes(
        [
          streamHead,
          toChunk(text.slice(0, 20)),
          toChunk(text.slice(20)),
          toChunk(finishFrame + doneFrame),
          '0\r\n\r\n',
        ],
        { pauseMs: 200, end: 'complete' },
      ),
    )
    const client = await rawPost(chatPath, askStream)
    const { body, complete } = await client.answer()
    const frames = readFrames(body)

    expect(complete).toBe(true)
    expect(pings(body).length).toBeGreaterThanOrEqual(4)
    expect(frames.filter((part) => part !== ': ping').join('\n\n')).toBe(
      (text + finishFrame + doneFrame).trimEnd(),
    )
  })

  it('sends no ping while frames flow', async () => {
    upstream.respond(stream(chatFrames(...Array.from({ length: 20 }, String)), { pauseMs: 10 }))
    const response = await post(chatPath, askStream)

    expect(pings(await response.text())).toEqual([])
  })

  it('sends the headers, and pings, when LiteLLM takes longer than MPC_STREAM_START_TIMEOUT_MS', async () => {
    const answer = held(stream(chatFrames('late')))
    upstream.respond(answer.behaviour)
    const client = await rawPost(chatPath, askStream)
    await client.until(': ping\n\n')
    expect(client.answers()[0]?.status).toBe(200)
    answer.release()

    const { body, complete } = await client.answer()
    expect(complete).toBe(true)
    expect(readText(body)).toBe('late')
  })
})

describe('POST /api/chat/completions, streamed, when LiteLLM fails before its first byte', () => {
  it.each([
    [400, 400],
    [404, 404],
    [429, 429],
    [500, 502],
    [503, 503],
  ])('with %i, the client gets the status %i, not a stream', async (theirs, ours) => {
    const error = { message: 'no', type: 'invalid_request_error', param: null, code: String(theirs) }
    upstream.respond(json({ error }, { status: theirs }))

    await expectEnvelope(await post(chatPath, askStream), ours)
  })

  it('with a status after the headers went out, the client gets an error frame and no clean end', async () => {
    const error = { message: 'no', type: 'invalid_request_error', param: null, code: '400' }
    upstream.respond(after(400, json({ error }, { status: 400 })))
    const client = await rawPost(chatPath, askStream)
    const { status, body, complete } = await client.answer()

    expect(status).toBe(200)
    expect(complete).toBe(false)
    expect(readPayloads(body).at(-1)).toMatchObject({ error: { message: expect.any(String) as string } })
    expect(body.toString()).not.toContain('[DONE]')
  })

  it('by silence after the headers went out, the client gets a timeout as an error frame', async () => {
    upstream.respond(silence)
    const client = await rawPost(chatPath, askStream)
    const { body, complete } = await client.answer()

    expect(complete).toBe(false)
    expect(readPayloads(body).at(-1)).toMatchObject({ error: { code: 'GATEWAY_TIMEOUT', statusCode: 504 } })
  })
})

describe('POST /api/chat/completions, streamed, when the stream breaks', () => {
  it.each([
    ['reset', 'reset'],
    ['closed without the final chunk', 'fin'],
  ] as const)('%s mid-stream: what came, an error frame, no [DONE] and no final chunk', async (_, end) => {
    upstream.respond(stream([textFrame('a'), textFrame('b')], { end, pauseMs: 5 }))
    const client = await rawPost(chatPath, askStream)
    const { body, complete } = await client.answer()
    const last = body.toString().split('data: ').at(-1)!

    expect(complete).toBe(false)
    expect(body.toString().startsWith(textFrame('a') + textFrame('b') + 'data: {')).toBe(true)
    expect(last.endsWith('}\n\n')).toBe(true)
    expect(JSON.parse(last)).toHaveProperty('error')
    expect(body.toString()).not.toContain('[DONE]')
    expect(body.toString()).not.toContain('event:')
  })

  it('the error frame carries the whole envelope, with the request id', async () => {
    upstream.respond(stream([textFrame('a')], { end: 'reset' }))
    const client = await rawPost(chatPath, askStream)
    const { body, headers } = await client.answer()
    const { error } = readPayloads(body).at(-1) as { error: { requestId: string } }

    expectShape({ type: 'error', error }, 502)
    expect(error.requestId).toBe(headers['x-request-id'])
  })

  it.each([
    ['ends cleanly after some text, without a finish reason or [DONE]', [textFrame('a')]],
    ['ends cleanly without a single frame', []],
    ['ends cleanly after comments only', [': hello\n\n']],
    ['ends in the middle of a frame', [textFrame('a'), 'data: {"half']],
    ['ends in half a character', [textFrame('a'), Buffer.from('data: "ü').subarray(0, 8)]],
  ])('a stream that %s has failed', async (_, parts) => {
    upstream.respond(stream(parts))
    const client = await rawPost(chatPath, askStream)
    const { body, complete, status } = await client.answer()

    if (status === 200) {
      expect(complete).toBe(false)
      expect(readPayloads(body).at(-1)).toHaveProperty('error')
      expect(body.toString()).not.toContain('half')
    } else {
      await expectEnvelope(await client.answer(), 502, 'LLM_ERROR')
    }
  })

  it('an error frame of LiteLLM is passed on, and nothing after it looks like success', async () => {
    const error = frame({ error: { message: 'overloaded', type: 'api_error', param: null, code: '500' } })
    upstream.respond(stream([textFrame('a'), error]))
    const client = await rawPost(chatPath, askStream)
    const { body } = await client.answer()
    const errors = readPayloads(body).filter((payload) => 'error' in payload)

    expect(errors).toHaveLength(1)
    expect(body.toString()).not.toContain('[DONE]')
  })
})
