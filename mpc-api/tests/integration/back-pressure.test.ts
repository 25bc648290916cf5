import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { doneFrame, finishFrame, textFrame } from '../support/chat-frames.ts'
import { firstDifference } from '../support/first-difference.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { stream, toChunk } from '../support/upstream-behaviours.ts'
import { type Behaviour } from '../support/upstream-stub.ts'

const { auth, gateway, upstream } = await startPair()

/** The answer to a request, of which nothing is read until somebody iterates over it. */
async function openSlowly(body: unknown): Promise<IncomingMessage> {
  const headers = { ...auth, 'content-type': 'application/json' }
  const request = httpRequest(gateway.url + chatPath, { method: 'POST', headers })
  request.on('error', () => undefined)
  request.end(JSON.stringify(body))
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return answer
}

async function readAll(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Sends the head, and then the piece for as long as it is let; counts the pieces. */
function flood(head: string, piece: Buffer) {
  const sent = { pieces: 0 }
  const behaviour: Behaviour = async ({ socket, bodyRead, gone }) => {
    await bodyRead
    socket.write(head)
    while (!gone.aborted) {
      if (!socket.write(piece)) await once(socket, 'drain', { signal: gone })
      sent.pieces += 1
    }
  }
  return { behaviour, sent }
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** What waits to be sent is in buffers, or is text in V8's heap. */
function bytesKept(): number {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

const chunkedHead = (type: string) =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n`

describe('a client that does not read', () => {
  it.each([
    ['a stream', askStream, chunkedHead('text/event-stream'), toChunk(textFrame('x'.repeat(100_000)))],
    [
      'a whole answer',
      ask,
      `${chunkedHead('application/json')}6\r\n{"a":"\r\n`,
      toChunk('x'.repeat(100_000)),
    ],
  ])('stops LiteLLM, and the gateway keeps little in memory: %s', async (_, body, head, piece) => {
    const { behaviour, sent } = flood(head, piece)
    upstream.respond(behaviour)
    const before = bytesKept()
    const answer = await openSlowly(body)
    // Nothing to wait for but time itself: what is sent must stop growing once the kernel's buffers are full.
    const stalled = async () => {
      const known = sent.pieces
      await wait(100)
      return sent.pieces === known
    }
    await expect.poll(stalled, { timeout: 10_000 }).toBe(true)

    expect(bytesKept() - before).toBeLessThan(16 * 1024 * 1024)
    answer.destroy()
    await upstream.requests[0]!.closed
  })

  it('gets everything once it reads', async () => {
    const words = Array.from({ length: 300 }, (_, index) => textFrame(String(index % 10).repeat(100_000)))
    const frames = [...words, finishFrame, doneFrame]
    upstream.respond(stream(frames))
    const answer = await openSlowly(askStream)
    await wait(200)
    const received = await readAll(answer)

    expect(answer.complete).toBe(true)
    expect(firstDifference(received, frames.join(''))).toBeUndefined()
  })
})
