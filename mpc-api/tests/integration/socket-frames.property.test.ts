import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chatFrames } from '../support/chat-frames.ts'
import { handshakeText } from '../support/handshake-text.ts'
import { openSocket } from '../support/socket-client.ts'
import { keyHeader, startSocketPair } from '../support/start-socket-pair.ts'
import { ask, startPair } from '../support/start-pair.ts'
import { stream } from '../support/upstream-behaviours.ts'
import { within } from '../support/within.ts'

const realtime = await startSocketPair()
const chat = await startPair()

const message = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.constant(Buffer.alloc(70_000, 7)),
  fc.constant('x'.repeat(126)),
)
const frame = fc.record({
  message,
  /** How many fragments it is sent in. */
  fragments: fc.integer({ min: 1, max: 4 }),
  control: fc.constantFrom('none', 'ping', 'pong'),
  side: fc.constantFrom('client', 'server'),
})

interface Sender {
  send(data: string | Buffer, options: { binary: boolean; fin: boolean }): void
  ping(data: string): void
  pong(data: string): void
}

function send(
  socket: Sender,
  { message, fragments, control }: typeof frame extends fc.Arbitrary<infer F> ? F : never,
) {
  const binary = typeof message !== 'string'
  const bytes = Buffer.from(message as string)
  const size = Math.max(1, Math.ceil(bytes.length / fragments))
  for (let count = 0; count < fragments; count += 1) {
    const fin = count === fragments - 1
    socket.send(bytes.subarray(count * size, fin ? undefined : (count + 1) * size), { binary, fin })
    // Control frames may stand between the fragments of a message.
    if (control !== 'none') socket[control](`c${count}`)
  }
}

/** Texts are compared far faster than bytes. */
const toText = (one: string | Buffer) => (typeof one === 'string' ? one : `bytes ${one.toString('base64')}`)

describe('GET /api/realtime, whatever both sides send', () => {
  it('passes every message on, whole and in order', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(frame, { maxLength: 12 }),
        fc.integer({ min: 1000, max: 1003 }),
        async (frames, code) => {
          const client = await realtime.open('/api/realtime?model=m')
          const server = await realtime.upstream.nextSocket()
          for (const one of frames) send(one.side === 'client' ? client.socket : server.socket, one)
          const of = (side: string) => frames.filter((one) => one.side === side).map((one) => one.message)
          await expect.poll(() => client.received.length, { interval: 2 }).toBe(of('server').length)
          await expect.poll(() => server.received.length, { interval: 2 }).toBe(of('client').length)
          client.socket.close(code)

          expect(client.received.map(toText)).toEqual(of('server').map(toText))
          expect(server.received.map(toText)).toEqual(of('client').map(toText))
          expect((await within(2_000, server.closed, 'no close')).code).toBe(code)
        },
      ),
      { numRuns: 40, endOnFailure: true },
    )
  })

  it('survives bytes that are no frames, and always lets LiteLLM go', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 5 }),
        async (pieces) => {
          const client = await realtime.raw()
          client.send(handshakeText('/api/realtime?model=m', keyHeader))
          await client.until('101')
          const server = await realtime.upstream.nextSocket()
          for (const piece of pieces) client.send(Buffer.from(piece))
          client.halfClose()

          await within(2_000, server.closed, 'LiteLLM was not let go')
          await client.closed()
        },
      ),
      { numRuns: 40, endOnFailure: true },
    )
    expect((await fetch(`${realtime.gateway.url}/health/live`)).status).toBe(200)
  })
})

describe('GET /api/ws/chat, whatever the client sends', () => {
  const anyFrame = fc.oneof(
    fc.json().map((text) => text),
    fc.string(),
    fc
      .record({
        id: fc.oneof(fc.constantFrom('a', 'b', ''), fc.jsonValue()),
        type: fc.oneof(fc.constantFrom('request', 'cancel'), fc.jsonValue()),
        body: fc.oneof(
          fc.constant(ask),
          fc.constant({ ...ask, stream: false }),
          fc.jsonValue({ maxDepth: 3 }),
        ),
      })
      .map((value) => JSON.stringify(value)),
  )

  it('answers each frame or ignores it, and goes on to serve', async () => {
    chat.upstream.respond(stream(chatFrames('x')))
    await fc.assert(
      fc.asyncProperty(fc.array(anyFrame, { maxLength: 10 }), async (frames) => {
        const client = await openSocket(`${chat.gateway.url}/api/ws/chat`, { headers: chat.auth })
        for (const one of frames) client.socket.send(one)
        client.socket.send(JSON.stringify({ id: 'last one', type: 'request', body: ask }))
        const final = await client.until((one) => one['id'] === 'last one' && one['type'] !== 'delta')
        client.socket.close()

        expect(final['type']).toBe('final')
        for (const one of client.frames())
          expect(['delta', 'final', 'error', 'cancelled']).toContain(one['type'])
      }),
      { numRuns: 40, endOnFailure: true },
    )
    const failed = chat.gateway.logs().filter((line) => line['error'] === 'INTERNAL_ERROR')
    expect(failed).toEqual([])
  })
})
