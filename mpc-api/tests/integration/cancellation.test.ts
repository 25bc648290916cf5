import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { finishFrame, textFrame } from '../support/chat-frames.ts'
import { type RawClient } from '../support/raw-client.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { raw as rawBytes, silence, stream, toChunk } from '../support/upstream-behaviours.ts'
import { type Behaviour } from '../support/upstream-stub.ts'
import { within } from '../support/within.ts'

// Short enough that pings and early headers happen in these tests too.
const { auth, raw, rawPost, upstream } = await startPair({
  MPC_PING_INTERVAL_MS: '50',
  MPC_STREAM_START_TIMEOUT_MS: '50',
})

const limitMs = 250

const departures: Record<string, (client: RawClient) => void> = {
  'closes the connection': (client) => client.destroy(),
  'resets the connection': (client) => client.reset(),
  'half-closes the connection': (client) => client.halfClose(),
}

const halfAnswer = rawBytes(
  [
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"choices":[',
    '{"index":0,',
  ],
  { end: 'silent' },
)

/** Sends as fast as it is let. */
const flood: Behaviour = async ({ socket, bodyRead, gone }) => {
  await bodyRead
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n')
  const piece = toChunk(textFrame('x'.repeat(100_000)))
  while (!gone.aborted) if (!socket.write(piece)) await once(socket, 'drain', { signal: gone })
}

interface Phase {
  readonly upstream: Behaviour
  readonly body: unknown
  /** Resolves when the phase is reached. */
  reached(client: RawClient): Promise<unknown>
}

const phases: Record<string, Phase> = {
  'before headers, streamed': {
    upstream: silence,
    body: askStream,
    reached: () => Promise.resolve(),
  },
  'before headers, whole': { upstream: silence, body: ask, reached: () => Promise.resolve() },
  'after early headers and a ping, streamed': {
    upstream: silence,
    body: askStream,
    reached: (client) => client.until(': ping'),
  },
  'between chunks, streamed': {
    upstream: stream(
      Array.from({ length: 10_000 }, (_, index) => textFrame(`word ${index}`)),
      { pauseMs: 20 },
    ),
    body: askStream,
    reached: (client) => client.until('word 3'),
  },
  'while LiteLLM is silent after some chunks, streamed': {
    upstream: stream([textFrame('word')], { end: 'silent' }),
    body: askStream,
    reached: (client) => client.until(': ping'),
  },
  'when only the end is missing, streamed': {
    upstream: stream([textFrame('word'), finishFrame], { end: 'silent' }),
    body: askStream,
    reached: (client) => client.until('"stop"'),
  },
  'while it does not read, streamed': {
    upstream: flood,
    body: askStream,
    reached: async (client) => {
      await client.until('data:')
      client.socket.pause()
      await expect.poll(() => client.socket.isPaused()).toBe(true)
    },
  },
  'in the middle of the answer, whole': { upstream: halfAnswer, body: ask, reached: () => Promise.resolve() },
}

describe.each(Object.entries(departures))('POST /api/chat/completions, when the client %s', (_, leave) => {
  it.each(Object.entries(phases))('%s, cancels the upstream request within 250 ms', async (_name, phase) => {
    upstream.respond(phase.upstream)
    const client = await rawPost(chatPath, phase.body)
    const request = await upstream.nextRequest()
    await phase.reached(client)
    const leftAt = performance.now()
    leave(client)

    const closedAt = await within(2_000, request.closed, 'the upstream request was never cancelled')
    expect(closedAt - leftAt).toBeLessThan(limitMs)
    expect(upstream.requests).toHaveLength(1)
  })

  it('GET /api/models, cancels the upstream request within 250 ms', async () => {
    upstream.respond(silence)
    const client = await raw()
    client.send(`GET /api/models HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\n\r\n`)
    const request = await upstream.nextRequest()
    const leftAt = performance.now()
    leave(client)

    const closedAt = await within(2_000, request.closed, 'the upstream request was never cancelled')
    expect(closedAt - leftAt).toBeLessThan(limitMs)
  })

  it.each([ask, askStream])(
    'during the upload, never bothers LiteLLM, and lets go of the connection: %o',
    async (body) => {
      const text = JSON.stringify({ ...body, user: 'x'.repeat(100_000) })
      const client = await raw()
      client.send(
        `POST ${chatPath} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n`,
        text.slice(0, 50_000),
      )
      // The upload is under way once the gateway has let the kernel send it.
      await expect.poll(() => client.socket.writableLength).toBe(0)
      leave(client)
      const leftAt = performance.now()
      await client.closed(2_000)

      expect(performance.now() - leftAt).toBeLessThan(limitMs)
      expect(upstream.received()).toBe('')
    },
  )
})

describe('POST /api/chat/completions, with an answer that is already on its way', () => {
  it('a pipelined second request does not count as leaving', async () => {
    upstream.respond(stream([textFrame('a'), finishFrame, 'data: [DONE]\n\n'], { pauseMs: 30 }))
    const client = await rawPost(chatPath, askStream)
    await client.until('"a"')
    client.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')

    const answer = await client.answer()
    expect(answer.complete).toBe(true)
    await expect.poll(() => client.answers().length).toBe(2)
  })
})
