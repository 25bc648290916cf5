import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entriesOf } from '../../tests/support/header-fields.ts'
import { ResponseError } from './client-errors.ts'
import { fieldsNamed } from './header-fields.ts'
import { readResponseHead } from './response-head.ts'

const read = (...lines: string[]) => readResponseHead(lines.join('\r\n'))
const withFields = (...fields: string[]) => read('HTTP/1.1 200 OK', ...fields)
const broken = expect.objectContaining({ name: 'Error', code: 'BROKEN_RESPONSE' }) as Error

describe('the status line', () => {
  it.each([
    ['with a reason', 'HTTP/1.1 200 OK', 200],
    ['with a reason of several words', 'HTTP/1.1 404 Not Found', 404],
    ['with an empty reason', 'HTTP/1.1 503 ', 503],
    ['without a reason', 'HTTP/1.1 200', 200],
    ['with a reason in Latin-1', 'HTTP/1.1 200 Sch\xf6n', 200],
    ['with a tab in its reason', 'HTTP/1.1 200 a\tb', 200],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK', 200],
    ['with a status that nobody has defined', 'HTTP/1.1 299 Other', 299],
    ['with the largest status', 'HTTP/1.1 999 Other', 999],
  ])('%s is read', (_, line, status) => {
    expect(read(line).status).toBe(status)
    expect(entriesOf(read(line).headers)).toEqual([])
  })

  it.each([
    ['that is empty', ''],
    ['of another protocol', 'ICY 200 OK'],
    ['in lower case', 'http/1.1 200 OK'],
    ['of HTTP/0.9', 'HTTP/0.9 200 OK'],
    ['of HTTP/1.2', 'HTTP/1.2 200 OK'],
    ['of HTTP/2', 'HTTP/2 200 OK'],
    ['of HTTP/2.0', 'HTTP/2.0 200 OK'],
    ['with a version of three digits', 'HTTP/1.10 200 OK'],
    ['without a status', 'HTTP/1.1'],
    ['with an empty status', 'HTTP/1.1  OK'],
    ['with two digits', 'HTTP/1.1 20 OK'],
    ['with four digits', 'HTTP/1.1 2000 OK'],
    ['with a status below 100', 'HTTP/1.1 099 OK'],
    ['with a sign', 'HTTP/1.1 +20 OK'],
    ['with a letter in its status', 'HTTP/1.1 2x0 OK'],
    ['with two blanks before its status', 'HTTP/1.1  200 OK'],
    ['with a tab before its status', 'HTTP/1.1\t200 OK'],
    ['with a tab before its reason', 'HTTP/1.1 200\tOK'],
    ['with a blank before it', ' HTTP/1.1 200 OK'],
    ['with a line end before it', '\r\nHTTP/1.1 200 OK'],
    ['with a bare CR', 'HTTP/1.1 200 O\rK'],
    ['with a bare LF', 'HTTP/1.1 200 O\nK'],
    ['with a NUL', 'HTTP/1.1 200 O\0K'],
    ['with a DEL', 'HTTP/1.1 200 O\x7fK'],
    ['that is a request', 'GET / HTTP/1.1'],
  ])('%s is refused', (_, line) => {
    expect(() => read(line)).toThrow(ResponseError)
    expect(() => read(line)).toThrow(broken)
  })
})

describe('a field', () => {
  it.each([
    ['is known by its name in lower case', 'X-Request-ID: Ab', { 'x-request-id': 'Ab' }],
    ['needs no blank', 'a:b', { a: 'b' }],
    ['loses the blanks and tabs around its value, not those inside', 'a: \t b \t c\t ', { a: 'b \t c' }],
    ['may be empty', 'a:', { a: '' }],
    ['may be nothing but blanks', 'a: \t ', { a: '' }],
    ['may have colons', 'a: b:c: d', { a: 'b:c: d' }],
    ['keeps the bytes of its value as Latin-1', 'a: \xfc\x80\xff!', { a: '\xfc\x80\xff!' }],
    [
      'may have every character of a token in its name',
      "!#$%&'*+-.^_`|~09az: b",
      { "!#$%&'*+-.^_`|~09az": 'b' },
    ],
  ])('%s', (_, field, headers) => {
    expect(entriesOf(withFields(field).headers)).toEqual(Object.entries(headers))
  })

  // The last byte of "à" in UTF-8 is a no-break space in Latin-1, and only blanks and tabs surround a value (RFC 9110 §5.5).
  it.each(['voil\xc3\xa0', '\xa0a', '\xa0'])('keeps the no-break spaces of %j', (value) => {
    expect(withFields(`a: ${value} `).headers.first('a')).toBe(value)
  })

  it.each([
    ['folded over two lines', 'a: b\r\n c'],
    ['folded with a tab', 'a: b\r\n\tc'],
    ['folded before any field', ' a: b'],
    ['with a bare CR in its value', 'a: b\rc: d'],
    ['with a bare LF in its value', 'a: b\nc: d'],
    ['that ends in a CR', 'a: b\r'],
    ['that ends in a LF', 'a: b\n'],
    ['with a NUL in its value', 'a: b\0c'],
    ['with a control character in its value', 'a: b\x01'],
    ['with a DEL in its value', 'a: b\x7f'],
    ['with a blank before its colon', 'a : b'],
    ['with a tab before its colon', 'a\t: b'],
    ['with a blank in its name', 'a b: c'],
    ['without a name', ': b'],
    ['without a colon', 'a'],
    ['without anything', ''],
    ['with a NUL in its name', 'a\0: b'],
    ['with a bare LF in its name', 'a\nb: c'],
    ['with Latin-1 in its name', '\xfc: b'],
    ['with a quote in its name', '"a": b'],
    ['with a slash in its name', 'a/b: c'],
  ])('%s is refused, wherever it stands', (_, field) => {
    for (const fields of [[field], ['x: y', field], [field, 'x: y'], ['x: y', field, 'x: y']]) {
      expect(() => withFields(...fields), JSON.stringify(fields)).toThrow(broken)
    }
  })

  it('that comes more than once is a list, in order, whatever the case of its name', () => {
    const { headers } = withFields('Set-Cookie: a', 'x: 1', 'set-cookie: b', 'SET-COOKIE:', 'X: 2')

    expect(headers.first('set-cookie')).toBe('a')
    expect(headers.joined('set-cookie')).toBe('a, b, ')
    expect(headers.joined('x')).toBe('1, 2')
  })

  it('is neither found by a part of its name, nor in the value of another', () => {
    const { headers } = withFields('xab: 1', 'abx: 2', 'x: ab: 3', 'y: ab:4')

    expect([headers.first('ab'), headers.joined('ab')]).toEqual([undefined, undefined])
    expect(headers.pick(fieldsNamed('ab'))).toEqual([])
  })

  it('is picked by its name or how that begins, in order, each time the same', () => {
    const { headers } = withFields('B: 1', 'a-x: 2', 'c: 3', 'A-y:4', 'a: 5')
    const names = fieldsNamed('b|a-[^:]*')

    for (let time = 0; time < 2; time += 1)
      expect(headers.pick(names)).toEqual(['b', '1', 'a-x', '2', 'a-y', '4'])
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', '__defineGetter__'])(
    'named %s is a field like any other',
    (name) => {
      const key = name.toLowerCase()
      expect(withFields('a: b').headers.first(key)).toBeUndefined()
      expect(withFields('a: b').headers.joined(key)).toBeUndefined()

      const twice = withFields(`${name}: 1`, `${name}: 2`)
      expect(twice.headers.first(key)).toBe('1')
      expect(twice.headers.joined(key)).toBe('1, 2')
    },
  )

  it('is read as it was written, whatever it is', () => {
    const name = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9a-z]{1,12}$/)
    const value = fc.stringMatching(
      /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?)?$/,
    )
    const ows = fc.stringMatching(/^[ \t]{0,3}$/)
    const fields = fc.uniqueArray(fc.tuple(name, value, ows, ows), { selector: ([key]) => key, maxLength: 8 })
    const framing = /^(?:content-length|transfer-encoding)$/
    fc.assert(
      fc.property(fields, (some) => {
        const own = some.filter(([key]) => !framing.test(key))
        const { headers } = withFields(
          ...own.map(([key, text, before, after]) => `${key}:${before}${text}${after}`),
        )

        expect(entriesOf(headers)).toEqual(own.map(([key, text]) => [key, text]))
        for (const [key, text] of own) expect(headers.first(key)).toBe(text)
      }),
    )
  })
})

describe('the end of the body', () => {
  const OLD = 'HTTP/1.0 200 OK'
  const NEW = 'HTTP/1.1 200 OK'

  it.each([
    ['is told by a content-length', [NEW, 'Content-Length: 12'], 12],
    ['is told by a content-length of 0', [NEW, 'content-length: 0'], 0],
    ['is told by a content-length with leading zeros', [NEW, 'content-length: 007'], 7],
    ['is told by the largest content-length', [NEW, 'content-length: 999999999999999'], 999_999_999_999_999],
    ['is told by chunks', [NEW, 'transfer-encoding: chunked'], 'chunked'],
    ['is told by chunks in any case', [NEW, 'Transfer-Encoding:\tChunked '], 'chunked'],
    ['is the end of the connection when nothing is said', [NEW], 'close'],
    ['is the end of the connection in HTTP/1.0', [OLD], 'close'],
    ['is told by a content-length in HTTP/1.0', [OLD, 'content-length: 3'], 3],
  ])('%s', (_, lines, framing) => {
    expect(read(...lines).framing).toBe(framing)
  })

  it.each([100, 102, 103, 199, 204, 304])(
    'is there at once for a status of %i, whatever is said',
    (status) => {
      for (const said of [[], ['content-length: 5'], ['transfer-encoding: chunked']]) {
        expect(read(`HTTP/1.1 ${status} X`, ...said).framing).toBe(0)
      }
    },
  )

  it.each([200, 201, 203, 205, 206, 301, 302, 303, 307, 400, 404, 500])(
    'is as it is said for a status of %i',
    (status) => {
      expect(read(`HTTP/1.1 ${status} X`, 'content-length: 5').framing).toBe(5)
      expect(read(`HTTP/1.1 ${status} X`).framing).toBe('close')
    },
  )

  it.each([
    ['in two ways', [NEW, 'content-length: 3', 'transfer-encoding: chunked']],
    ['in two ways, in the other order', [NEW, 'transfer-encoding: chunked', 'content-length: 3']],
    ['by chunks in HTTP/1.0, which has none', [OLD, 'transfer-encoding: chunked']],
    ['by chunks twice', [NEW, 'transfer-encoding: chunked', 'transfer-encoding: chunked']],
    ['by chunks of chunks', [NEW, 'transfer-encoding: chunked, chunked']],
    ['by chunks of something compressed', [NEW, 'transfer-encoding: gzip, chunked']],
    ['by something that is compressed', [NEW, 'transfer-encoding: gzip']],
    ['by the identity', [NEW, 'transfer-encoding: identity']],
    ['by an empty coding', [NEW, 'transfer-encoding:']],
    ['by a list with an empty part', [NEW, 'transfer-encoding: , chunked']],
    ['by chunks with a parameter', [NEW, 'transfer-encoding: chunked;a=b']],
    ['by chunks in quotes', [NEW, 'transfer-encoding: "chunked"']],
    ['by two lengths', [NEW, 'content-length: 3', 'content-length: 4']],
    ['by one length twice', [NEW, 'content-length: 3', 'Content-Length: 3']],
    ['by a list of lengths', [NEW, 'content-length: 3, 3']],
    ['by an empty length', [NEW, 'content-length:']],
    ['by a length and an empty one', [NEW, 'content-length:', 'content-length: 3']],
    ['by a length with a plus sign', [NEW, 'content-length: +3']],
    ['by a negative length', [NEW, 'content-length: -3']],
    ['by a length in hexadecimal', [NEW, 'content-length: 0x3']],
    ['by a length in hexadecimal letters', [NEW, 'content-length: a']],
    ['by a length with a fraction', [NEW, 'content-length: 3.0']],
    ['by a length with an exponent', [NEW, 'content-length: 3e1']],
    ['by a length with a blank inside', [NEW, 'content-length: 1 2']],
    ['by a length with more digits than are exact', [NEW, 'content-length: 1234567890123456']],
    ['by a length too large for any number', [NEW, `content-length: ${'9'.repeat(400)}`]],
    // Other readers do not take a no-break space for a blank.
    ['by chunks after a no-break space', [NEW, 'transfer-encoding: \xa0chunked']],
    ['by chunks before a no-break space', [NEW, 'transfer-encoding: chunked\xa0']],
    ['by a length after a no-break space', [NEW, 'content-length: \xa03']],
    ['by a length before a no-break space', [NEW, 'content-length: 3\xa0']],
  ])('is refused when it is told %s', (_, lines) => {
    expect(() => read(...lines)).toThrow(broken)
  })
})

describe('the connection', () => {
  it.each([
    ['stays for as long as it likes when nothing is said', 'HTTP/1.1', [], Infinity],
    ['stays when it is said so', 'HTTP/1.1', ['connection: keep-alive'], Infinity],
    ['ends when it is said so', 'HTTP/1.1', ['connection: close'], 0],
    ['ends in any case of the word', 'HTTP/1.1', ['Connection: Close'], 0],
    ['ends when it is said in a list', 'HTTP/1.1', ['connection: x, close'], 0],
    [
      'ends when it is said in a second field',
      'HTTP/1.1',
      ['connection: keep-alive', 'connection: close'],
      0,
    ],
    ['ends whatever else is said', 'HTTP/1.1', ['connection: close', 'keep-alive: timeout=60'], 0],
    ['ends in HTTP/1.0', 'HTTP/1.0', [], 0],
    ['ends in HTTP/1.0 when it is said so', 'HTTP/1.0', ['connection: close'], 0],
    ['stays in HTTP/1.0 when it is said so', 'HTTP/1.0', ['Connection: Keep-Alive'], Infinity],
    // RFC 9112 §9.3 looks for close first, whatever the version.
    ['ends in HTTP/1.0 when both are said', 'HTTP/1.0', ['connection: keep-alive, close'], 0],
    ['stays for the seconds that are said', 'HTTP/1.1', ['keep-alive: timeout=5'], 5000],
    ['stays for the seconds in a list', 'HTTP/1.1', ['Keep-Alive: max=100, Timeout=7'], 7000],
    ['stays for no time when that is said', 'HTTP/1.1', ['keep-alive: timeout=0'], 0],
    [
      'stays for the seconds that are said in HTTP/1.0',
      'HTTP/1.0',
      ['connection: keep-alive', 'keep-alive: timeout=5'],
      5000,
    ],
    [
      'stays as if nothing were said when that cannot be read',
      'HTTP/1.1',
      ['keep-alive: timeout=soon'],
      Infinity,
    ],
    ['stays as if nothing were said when no time is', 'HTTP/1.1', ['keep-alive: max=3'], Infinity],
  ])('%s', (_, version, fields, keepAliveMs) => {
    expect(read(`${version} 200 OK`, 'content-length: 0', ...fields).keepAliveMs).toBe(keepAliveMs)
  })
})
