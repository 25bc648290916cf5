import { describe, expect, it } from 'vitest'
import { entriesOf } from '../../tests/support/header-fields.ts'
import { ReaderListener } from '../../tests/support/reader-listener.ts'

const KIB = 1024
const latin1 = (text: string) => Buffer.from(text, 'latin1')
const response = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines].join('\r\n')
const counted = (body: string) => response(`content-length: ${body.length}`, '', body)
const chunked = (body: string) => response('transfer-encoding: chunked', '', body)
const untilClose = (body: string) => response('', body)

const read = (...pieces: (string | Buffer)[]) => new ReaderListener().read(...pieces)
const broken = expect.objectContaining({ code: 'BROKEN_RESPONSE' }) as Error
const closedEarly = expect.objectContaining({ code: 'CLOSED_EARLY' }) as Error

describe('a response', () => {
  it.each([
    ['with a length', counted('hello'), 'hello'],
    ['with a length of 0', counted(''), ''],
    ['in one chunk', chunked('5\r\nhello\r\n0\r\n\r\n'), 'hello'],
    ['in several chunks', chunked('3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'), 'hello'],
    ['in no chunk', chunked('0\r\n\r\n'), ''],
    [
      'in chunks whose bytes look like chunks',
      chunked('a\r\n0\r\n\r\n5\r\nhe\r\n0\r\n\r\n'),
      '0\r\n\r\n5\r\nhe',
    ],
    ['whose status has no body', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['whose status has no body, whatever it says', 'HTTP/1.1 304 X\r\ncontent-length: 5\r\n\r\n', ''],
  ])('%s is told in order: head, body, end', (_, text, body) => {
    const told = read(text)

    expect(told.events).toEqual(body === '' ? ['head', 'end'] : ['head', 'data', 'end'])
    expect(told.body).toBe(body)
    expect(told.reader.endedCleanly).toBe(true)
    told.reader.close()
    expect(told.events.filter((event) => event === 'end')).toHaveLength(1)
  })

  it('without a length ends with the connection', () => {
    const told = read(untilClose('hel'), 'lo')
    expect(told.events).toEqual(['head', 'data'])

    told.reader.close()
    expect(told.events).toEqual(['head', 'data', 'end'])
    expect(told.body).toBe('hello')
  })

  it('tells what has come of its body without waiting for the rest', () => {
    const told = read(response('content-length: 10', '', 'hel'))
    expect(told.body).toBe('hel')
    expect(read(chunked('a\r\nhel')).body).toBe('hel')
  })

  it.each([
    ['with a length', counted('hello'), 'hello'],
    ['in chunks', chunked('3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'), 'hello'],
    ['until the connection ends', untilClose('hello'), 'hello'],
  ])('%s is read whole also when its pieces come in a buffer that is used again', (_, text, body) => {
    const bytes = latin1(text)
    for (let at = 0; at <= bytes.length; at += 1) {
      const buffer = Buffer.alloc(bytes.length)
      const told = read()
      for (const piece of [bytes.subarray(0, at), bytes.subarray(at)]) {
        told.reader.read(buffer.fill('?').subarray(0, piece.copy(buffer)))
      }
      buffer.fill('?')

      expect(told.body).toBe(body)
    }
  })

  it('has its head told once, after those that only inform', () => {
    const told = read(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\ncontent-length: 3\r\n\r\n',
      counted('hello'),
    )

    expect(told.events).toEqual(['head', 'data', 'end'])
    expect(told.head).toMatchObject({ status: 200, framing: 5 })
    expect(told.head?.headers.first('link')).toBeUndefined()
  })

  it('must not switch protocols', () => {
    expect(() => read('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n')).toThrow(broken)
  })
})

describe('chunks', () => {
  it.each([
    ['sizes in lower case', `1a\r\n${'x'.repeat(26)}\r\n0\r\n\r\n`, 26],
    ['sizes in upper case', `1A\r\n${'x'.repeat(26)}\r\n0\r\n\r\n`, 26],
    ['sizes with leading zeros', '0005\r\nhello\r\n0000\r\n\r\n', 5],
    ['sizes of twelve digits', '000000000005\r\nhello\r\n000000000000\r\n\r\n', 5],
    ['extensions', '5;a\r\nhello\r\n0;b=c\r\n\r\n', 5],
    ['extensions after blanks, in quotes', '5 \t; a="b; \xfc"\r\nhello\r\n0\r\n\r\n', 5],
    ['trailers', '5\r\nhello\r\n0\r\nx: y\r\nContent-Length: 3\r\nz:\r\n\r\n', 5],
    ['trailers in Latin-1', '5\r\nhello\r\n0\r\nx: \xfc\r\n\r\n', 5],
  ])('may have %s', (_, body, size) => {
    const told = read(chunked(body))

    expect(told.events).toEqual(['head', 'data', 'end'])
    expect(told.body).toHaveLength(size)
    expect(told.reader.endedCleanly).toBe(true)
    expect(entriesOf(told.head!.headers)).toEqual([['transfer-encoding', 'chunked']])
  })

  it.each([
    ['an empty size', '\r\nhello\r\n0\r\n\r\n'],
    ['an extension without a size', ';a\r\nhello\r\n0\r\n\r\n'],
    ['a blank before the size', ' 5\r\nhello\r\n0\r\n\r\n'],
    ['a blank after the size', '5 \r\nhello\r\n0\r\n\r\n'],
    ['a size with a plus sign', '+5\r\nhello\r\n0\r\n\r\n'],
    ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a size with 0x', '0x5\r\nhello\r\n0\r\n\r\n'],
    ['a size that is no hexadecimal number', 'g\r\nhello\r\n0\r\n\r\n'],
    ['a size of thirteen digits', '0000000000005\r\nhello\r\n0\r\n\r\n'],
    ['a size too large for any number', `${'f'.repeat(300)}\r\nhello`],
    ['a size that ends in a bare LF', '5\nhello\r\n0\r\n\r\n'],
    ['a size that ends in a bare CR', '5\rhello\r\n0\r\n\r\n'],
    ['a bare LF in an extension', '5;a\nb\r\nhello\r\n0\r\n\r\n'],
    ['a bare CR in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'],
    ['a NUL in an extension', '5;a\0b\r\nhello\r\n0\r\n\r\n'],
    ['an extension without a semicolon', '5 a\r\nhello\r\n0\r\n\r\n'],
    ['a size line that is too long', `5;${'x'.repeat(KIB)}\r\nhello\r\n0\r\n\r\n`],
    ['a size line that does not end', `5;${'x'.repeat(KIB)}`],
    ['more bytes than the size says', '5\r\nhello!\r\n0\r\n\r\n'],
    ['fewer bytes than the size says', '6\r\nhello\r\n0\r\n\r\n'],
    ['no line end behind the bytes', '5\r\nhello0\r\n\r\n'],
    ['two LFs behind the bytes', '5\r\nhello\n\n0\r\n\r\n'],
    ['a bare LF behind the bytes', '5\r\nhello\n0\r\n\r\n'],
    ['a bare CR behind the bytes', '5\r\nhello\r0\r\n\r\n'],
    ['a folded trailer', '0\r\nx: y\r\n z\r\n\r\n'],
    ['a trailer without a colon', '0\r\nx\r\n\r\n'],
    ['a trailer without a name', '0\r\n: x\r\n\r\n'],
    ['a trailer with a blank before its colon', '0\r\nx : y\r\n\r\n'],
    ['a trailer with a bare LF', '0\r\nx: y\nz: a\r\n\r\n'],
    ['a trailer with a bare CR', '0\r\nx: y\rz: a\r\n\r\n'],
    ['a trailer with a NUL', '0\r\nx: \0\r\n\r\n'],
    ['a bare CR for the blank line', '0\r\n\rx\r\n\r\n'],
    ['a bare LF for the blank line', '0\r\n\n\r\n\r\n'],
    ['trailers that are too large', `0\r\nx: ${'y'.repeat(16 * KIB)}\r\n\r\n`],
    ['trailers that do not end', `0\r\n${'x: y\r\n'.repeat(3 * KIB)}`],
  ])('must not have %s, however it is split', (_, body) => {
    const bytes = latin1(chunked(body))
    expect(() => read(bytes)).toThrow(broken)
    expect(() => read(...Array.from(bytes, (byte) => Buffer.of(byte)))).toThrow(broken)
  })

  it('that come together are told together', () => {
    const told = read(chunked('3\r\nhel\r\n2\r\nlo\r\n1\r\n'), '!\r\n3\r\nyou\r\n0\r\n\r\n')

    expect(told.chunks.map(String)).toEqual(['hello', '!you'])
  })

  it('are told before what is malformed behind them', () => {
    const told = read(chunked('3\r\nhel\r\n'))

    expect(() => told.read('2\r\nlo\r\nx')).toThrow(broken)
    expect(told.body).toBe('hello')
  })

  it('are the last that is told when the listener stops there', () => {
    const told = new ReaderListener((reader, event) => event === 'data' && reader.stop())

    expect(told.read(chunked('3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n')).events).toEqual(['head', 'data'])
    expect(told.reader.endedCleanly).toBe(false)
  })

  it('end only with the blank line behind the last one', () => {
    const told = read(chunked('5\r\nhello\r\n0\r\n'))
    expect(told.events).toEqual(['head', 'data'])

    expect(told.read('\r').events).toEqual(['head', 'data'])
    expect(told.read('\n').events).toEqual(['head', 'data', 'end'])
  })
})

describe('what a server may send', () => {
  const LARGEST_HEAD = 64 * KIB
  const LARGEST_TRAILERS = 16 * KIB
  const headOf = (size: number) => {
    const fields = response('content-length: 0', 'x: ')
    return latin1(`${fields}${'y'.repeat(size - fields.length)}\r\n\r\n`)
  }
  const trailersOf = (size: number) => latin1(`${chunked('0\r\n')}x: ${'y'.repeat(size - 3)}\r\n\r\n`)

  it.each([
    ['head', headOf, LARGEST_HEAD],
    ['trailers', trailersOf, LARGEST_TRAILERS],
  ])('as its %s has a limit, which is the same however the bytes are split', (_, make, limit) => {
    const largest = make(limit)
    for (const at of [largest.length, ...[1, 2, 3, 4, 5, 6].map((back) => largest.length - back)]) {
      const pieces = [largest.subarray(0, at), largest.subarray(at)]
      expect(read(...pieces).events, `split ${largest.length - at} before the end`).toEqual(['head', 'end'])
    }
    const larger = make(limit + 1)
    for (const at of [larger.length, larger.length - 1, larger.length - 4, larger.length - 5]) {
      expect(() => read(larger.subarray(0, at), larger.subarray(at))).toThrow(broken)
    }
  })

  it('as a head without an end is refused once it is too large', () => {
    const told = read(response(`x: ${'y'.repeat(60 * KIB)}`))
    expect(() => told.read('y'.repeat(5 * KIB))).toThrow(broken)
    expect(told.events).toEqual([])
  })
})

describe('the connection', () => {
  it.each([
    ['nothing came', '', closedEarly],
    ['only half a head came', 'HTTP/1.1 200 OK\r\ncontent-', closedEarly],
    ['only what informs came', 'HTTP/1.1 100 Continue\r\n\r\n', closedEarly],
    ['none of the body came', response('content-length: 5', '', ''), closedEarly],
    ['half of the body came', response('content-length: 5', '', 'hel'), closedEarly],
    ['no chunk came', chunked(''), closedEarly],
    ['half of a size came', chunked('1'), closedEarly],
    ['half of a chunk came', chunked('5\r\nhel'), closedEarly],
    ['half of the end of a chunk came', chunked('5\r\nhello\r'), closedEarly],
    ['all but the last chunk came', chunked('5\r\nhello\r\n'), closedEarly],
    ['all but the blank line came', chunked('5\r\nhello\r\n0\r\n'), closedEarly],
    ['all but the end of the trailers came', chunked('5\r\nhello\r\n0\r\nx: y\r\n'), closedEarly],
  ])('must not close when %s', (_, text, problem) => {
    const told = read(text)

    expect(() => told.reader.close()).toThrow(problem)
    expect(told.events).not.toContain('end')
    expect(told.reader.endedCleanly).toBe(false)
  })

  it.each([
    ['a response', counted('hello')],
    ['a response in chunks', chunked('5\r\nhello\r\n0\r\n\r\n')],
    ['a response without a body', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ])('is of no further use when anything comes behind %s', (_, text) => {
    for (const surplus of ['x', '\r\n', '\0', counted('more')]) {
      for (const told of [read(text + surplus), read(text, surplus)]) {
        expect(told.reader.endedCleanly).toBe(false)
        expect(told.head?.status).toBe(text.startsWith('HTTP/1.1 204') ? 204 : 200)
        expect(told.body).not.toContain('more')
        told.reader.close()
        expect(told.events.filter((event) => event !== 'data')).toEqual(['head', 'end'])
      }
    }
  })
})

describe('a stop', () => {
  it.each(['head', 'data'] as const)('within %s ends all events', (when) => {
    for (const text of [counted('hello'), chunked('2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'), untilClose('hello')]) {
      const told = new ReaderListener((reader, event) => event === when && reader.stop())
      told.read(text, 'more', 'HTTP/1.1 nonsense\r\n\r\n')
      told.reader.close()

      expect(told.events).toEqual(when === 'head' ? ['head'] : ['head', 'data'])
      expect(told.chunks).toHaveLength(when === 'head' ? 0 : 1)
      expect(told.reader.endedCleanly).toBe(false)
    }
  })

  it.each(['', 'HTTP/1.1 20'])('ends all events also when only %j has come', (text) => {
    const told = read(text)
    told.reader.stop()
    told.read('0 OK\r\n\r\n')
    told.reader.close()
    expect(told.events).toEqual([])
  })
})
