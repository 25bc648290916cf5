import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePayload, readFrameAt } from './sse-frame.ts'

const read = (text: string, start = 0) => {
  const frame = readFrameAt(Buffer.from(text).toString('latin1'), start)
  return { ...frame, data: decodePayload(frame) }
}

describe('a frame of an event stream', () => {
  it.each([
    ['with LF', 'data: a\n\n', 'a'],
    ['with CRLF', 'data: a\r\n\r\n', 'a'],
    ['with CR', 'data: a\r\r', 'a'],
    ['without a blank after the colon', 'data:a\n\n', 'a'],
    ['with two blanks, of which one is its own', 'data:  a\n\n', ' a'],
    ['with a colon in its payload', 'data: {"a":1}\n\n', '{"a":1}'],
    ['without a blank line, at the end of a stream', 'data: a', 'a'],
  ])('%s is read', (_, text, data) => {
    expect(read(text)).toEqual({ event: '', data, start: 0, end: text.length })
  })

  it('begins with its first line, behind blank ones', () => {
    expect(read('\n\r\ndata: a\n\n')).toEqual({ event: '', data: 'a', start: 3, end: 12 })
  })

  it('joins its data lines with LF, whatever ends them', () => {
    expect(read('data: a\r\ndata: b\rdata: c\n\n').data).toBe('a\nb\nc')
  })

  it('has the name of its event line, before or after the data', () => {
    expect(read('event: error\ndata: a\n\n')).toMatchObject({ event: 'error', data: 'a' })
    expect(read('data: a\nevent:error\n\n')).toMatchObject({ event: 'error', data: 'a' })
  })

  it.each([': ping\n\n', 'id: 1\nretry: 10\n\n', 'dataset: a\n\n', 'data\n\n', 'no colon here\n\n'])(
    'without data, %j, has none',
    (text) => {
      expect(read(text)).toMatchObject({ event: '', data: '' })
    },
  )

  it.each(['\r', '\n', '\r\n'])(
    'is read at the pace of its length when many lines end with %j',
    (lineEnd) => {
      const text = `: x${lineEnd}`.repeat(900_000)
      const begun = performance.now()

      expect(read(text)).toMatchObject({ data: '', end: text.length })
      expect(performance.now() - begun).toBeLessThan(1000)
    },
  )

  it('ends where the next one begins', () => {
    const first = 'event: a\ndata: 1\n\n'
    const both = `${first}data: 2\n\n`

    expect(read(both).end).toBe(first.length)
    expect(read(both, first.length)).toMatchObject({ event: '', data: '2', end: both.length })
  })

  it('always moves on, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('data', 'event', ':', ' ', '\n', '\r', '{', 'é')), (tokens) => {
        const text = tokens.join('')
        for (let at = 0; at < text.length;) {
          const { end } = readFrameAt(text, at)
          expect(end).toBeGreaterThan(at)
          at = end
        }
      }),
    )
  })
})
