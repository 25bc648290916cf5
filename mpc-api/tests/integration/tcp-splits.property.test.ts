import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { doneFrame, finishFrame, openAiUsageFrame, textFrame, usageFrame } from '../support/chat-frames.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { raw, toChunk } from '../support/upstream-behaviours.ts'

const { post, upstream } = await startPair()

const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'

const someText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom('Grüß 👋🏽', '"usage":{', '[DONE]', 'data: [DONE]', '\n\n', '\r\n', ': ping', '\\', '🧑‍🧑‍🧒'),
)
const someFrame = fc.oneof(
  { weight: 6, arbitrary: someText.map(textFrame) },
  { weight: 1, arbitrary: fc.constant(': comment\n\n') },
  { weight: 1, arbitrary: someText.map((text) => textFrame(text).replaceAll('\n', '\r\n')) },
  { weight: 1, arbitrary: someText.map((text) => `event: message\nid: 7\n${textFrame(text)}`) },
)
/** Where to cut, as shares of the length. */
const someCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 })

function cutUp(bytes: Buffer, shares: number[]): Buffer[] {
  const places = [...new Set(shares.map((share) => Math.floor(share * bytes.length)))].sort((a, b) => a - b)
  const ends = [...places, bytes.length]
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter((part) => part.length > 0)
}

async function relay(parts: Buffer[], body: unknown) {
  upstream.respondOnce(raw(parts, { end: 'complete' }))
  const response = await post(chatPath, body)
  return Buffer.from(await response.arrayBuffer())
}

describe('whatever way TCP splits a stream, the client gets the same bytes', () => {
  it('when HTTP chunks are cut anywhere, also inside a character, and TCP writes too', async () => {
    const cases = fc.asyncProperty(
      fc.array(someFrame, { maxLength: 8 }),
      someCuts,
      someCuts,
      async (frames, cuts, tcp) => {
        const expected = Buffer.from([...frames, finishFrame, doneFrame].join(''))
        const chunked = Buffer.concat([...cutUp(expected, cuts).map(toChunk), Buffer.from('0\r\n\r\n')])
        const received = await relay(cutUp(Buffer.concat([Buffer.from(head), chunked]), tcp), askStream)

        expect(received.toString()).toBe(expected.toString())
      },
    )
    await fc.assert(cases, { numRuns: 150, interruptAfterTimeLimit: 8_000 })
  })

  it('and loses exactly the usage chunk that it did not ask for', async () => {
    const cases = fc.asyncProperty(
      fc.array(someFrame, { maxLength: 5 }),
      fc.constantFrom(usageFrame, openAiUsageFrame),
      someCuts,
      async (frames, usage, cuts) => {
        const before = [...frames, finishFrame].join('')
        const chunks = cutUp(Buffer.from(before + usage + doneFrame), cuts).map(toChunk)
        const received = await relay([Buffer.from(head), ...chunks, Buffer.from('0\r\n\r\n')], askStream)

        expect(received.toString()).toBe(before + doneFrame)
      },
    )
    await fc.assert(cases, { numRuns: 100, interruptAfterTimeLimit: 8_000 })
  })

  it('byte by byte', async () => {
    const expected = [textFrame('Grüß 👋'), ': c\n\n', finishFrame, usageFrame, doneFrame].join('')
    const chunks = Array.from(Buffer.from(expected), (byte) => toChunk(Buffer.from([byte])))
    const received = await relay([Buffer.from(head), ...chunks, Buffer.from('0\r\n\r\n')], askStream)

    expect(received.toString()).toBe(expected.replace(usageFrame, ''))
  })
})

describe('whatever way TCP splits a whole answer, the client gets the same bytes', () => {
  it('with a length or in chunks', async () => {
    const cases = fc.asyncProperty(fc.json(), fc.boolean(), someCuts, async (text, chunked, cuts) => {
      const body = Buffer.from(`{"answer":${text}}`)
      const type = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
      const bytes = chunked
        ? Buffer.concat([
            Buffer.from(`${type}transfer-encoding: chunked\r\n\r\n`),
            toChunk(body),
            Buffer.from('0\r\n\r\n'),
          ])
        : Buffer.concat([Buffer.from(`${type}content-length: ${body.length}\r\n\r\n`), body])

      expect((await relay(cutUp(bytes, cuts), ask)).toString()).toBe(body.toString())
    })
    await fc.assert(cases, { numRuns: 80, interruptAfterTimeLimit: 5_000 })
  })
})
