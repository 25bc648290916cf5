import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entriesOf } from '../../tests/support/header-fields.ts'
import { ReaderListener } from '../../tests/support/reader-listener.ts'
import { ResponseError } from './client-errors.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const response = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines].join('\r\n')
const chunked = (body: string) => response('transfer-encoding: chunked', '', body)

const read = (...pieces: (string | Buffer)[]) => new ReaderListener().read(...pieces)
const closedEarly = expect.objectContaining({ code: 'CLOSED_EARLY' }) as Error

/** Splits bytes at these places, wherever they lie. */
function split(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut))
}
const cuts = fc.array(fc.nat(), { maxLength: 12 })

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/).map((text) => `x-${text}`)
const value = fc.stringMatching(/^[\x21-\x7e\x80-\x9f\xa1-\xff]{0,20}$/)
const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array).toString('latin1'))
const field = fc.tuple(name, value).map(([key, text]) => `${key}: ${text}\r\n`)
const fields = fc.array(field, { maxLength: 4 }).map((lines) => lines.join(''))
const extension = fc.constantFrom('', ';a', ' ; a="b"')
const chunk = fc.tuple(
  bytes.filter((text) => text !== ''),
  extension,
  fc.boolean(),
)

interface Sound {
  text: string
  body: string
  isFramed: boolean
}

const someCounted = fc.tuple(fields, bytes).map(([lines, body]): Sound => ({
  text: `HTTP/1.1 200 OK\r\n${lines}content-length: ${body.length}\r\n\r\n${body}`,
  body,
  isFramed: true,
}))
const someChunked = fc
  .tuple(fields, fc.array(chunk, { maxLength: 5 }), fields)
  .map(([lines, chunks, trailers]): Sound => ({
    text: [
      `HTTP/1.1 500 X\r\n${lines}transfer-encoding: chunked\r\n\r\n`,
      ...chunks.map(([text, extra, isUpper]) => {
        const size = text.length.toString(16)
        return `${isUpper ? size.toUpperCase() : size}${extra}\r\n${text}\r\n`
      }),
      `0\r\n${trailers}\r\n`,
    ].join(''),
    body: chunks.map(([text]) => text).join(''),
    isFramed: true,
  }))
const someUntilClose = fc
  .tuple(fields, bytes)
  .map(([lines, body]): Sound => ({ text: `HTTP/1.1 200\r\n${lines}\r\n${body}`, body, isFramed: false }))
const someEmpty = fields.map((lines): Sound => ({
  text: `HTTP/1.1 204 No Content\r\n${lines}\r\n`,
  body: '',
  isFramed: true,
}))
const sound = fc
  .tuple(
    fc.constantFrom('', 'HTTP/1.1 100 Continue\r\n\r\n'),
    fc.oneof(someCounted, someChunked, someUntilClose, someEmpty),
  )
  .map(([before, { text, ...rest }]): Sound => ({ text: before + text, ...rest }))

describe('however the bytes of a response are split', () => {
  it('it is told the same', () => {
    fc.assert(
      fc.property(sound, cuts, ({ text, body, isFramed }, places) => {
        const whole = read(text)
        const told = read(...split(latin1(text), places))
        if (isFramed) expect(told.reader.endedCleanly).toBe(true)
        else told.reader.close()

        expect(told.events).toEqual(body === '' ? ['head', 'end'] : ['head', 'data', 'end'])
        expect(told.body).toBe(body)
        expect(told.head).toEqual(whole.head)
        expect(entriesOf(told.head!.headers)).toEqual(entriesOf(whole.head!.headers))
      }),
      { numRuns: 500 },
    )
  })

  it('it does not look complete when its end is missing', () => {
    fc.assert(
      fc.property(sound, cuts, fc.nat(), ({ text, body, isFramed }, places, at) => {
        fc.pre(isFramed)
        const part = latin1(text).subarray(0, at % text.length)
        const told = read(...split(part, places))

        expect(() => told.reader.close()).toThrow(closedEarly)
        expect(told.events).not.toContain('end')
        expect(body.startsWith(told.body)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('it is refused the same, and never fails in another way', () => {
    const outcome = (pieces: Buffer[]) => {
      const told = new ReaderListener()
      try {
        told.read(...pieces)
        told.reader.close()
        const fields = told.head && entriesOf(told.head.headers)
        return {
          head: told.head,
          fields,
          body: told.body,
          events: told.events,
          clean: told.reader.endedCleanly,
        }
      } catch (problem) {
        expect(problem).toBeInstanceOf(ResponseError)
        return (problem as ResponseError).code
      }
    }
    const word = fc.constantFrom(
      ...['\r\n', '\r\n\r\n', '\r', '\n', ' ', ':', ';', '0', '5', 'f', 'hello', 'x: y', '\0'],
      ...[
        'HTTP/1.1 200 OK\r\n',
        'HTTP/1.1 100 C\r\n\r\n',
        'content-length: 5\r\n',
        '0\r\n\r\n',
        '5\r\nhello\r\n',
      ],
      'transfer-encoding: chunked\r\n',
    )
    const noise = fc.array(word, { maxLength: 10 }).map((words) => words.join(''))
    const start = fc.constantFrom('', response('', ''), response('content-length: 5', '', ''), chunked(''))
    fc.assert(
      fc.property(start, noise, cuts, (head, rest, places) => {
        const text = latin1(head + rest)
        expect(outcome(split(text, places))).toEqual(outcome([text]))
      }),
      { numRuns: 1000 },
    )
  })
})
