import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type OutgoingRequest, writeRequestHead } from './request-head.ts'

async function* stream(...pieces: string[]) {
  for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece))
}

const request = (parts: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  method: 'POST',
  path: '/a',
  headers: [],
  body: null,
  ...parts,
})
const write = (parts: Partial<OutgoingRequest> = {}) => writeRequestHead(request(parts), 'litellm:4000')

describe('the head of a request', () => {
  it('is its line, the host, the headers as they were given, and a blank line', () => {
    const head = write({
      method: 'GET',
      path: '/v1/models?a=b%20c',
      headers: ['Accept', 'text/html', 'x', ''],
    })

    expect(head.text).toBe(
      'GET /v1/models?a=b%20c HTTP/1.1\r\nhost: litellm:4000\r\nAccept: text/html\r\nx: \r\n\r\n',
    )
  })

  it('may have Latin-1, blanks and tabs in a value', () => {
    expect(write({ headers: ['a', '\xfc \t\xff'] }).text).toContain('\r\na: \xfc \t\xff\r\n')
  })

  it('may say a header more than once', () => {
    expect(write({ headers: ['a', '1', 'a', '2'] }).text).toContain('\r\na: 1\r\na: 2\r\n')
  })

  it('has as many lines as it has headers, whatever they are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 })
    fc.assert(
      fc.property(fc.array(text, { maxLength: 6 }), text, (headers, path) => {
        let head: string
        try {
          head = write({ method: 'GET', path: `/${path}`, headers }).text
        } catch (problem) {
          expect(problem).toBeInstanceOf(TypeError)
          return
        }
        expect(head.split(/[\r\n]+/)).toHaveLength(3 + (headers.length >> 1))
        expect(head).not.toMatch(/[^\t\r\n\x20-\x7e\x80-\xff]/)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what would break out of its place is refused', () => {
  const refused = expect.objectContaining({ name: 'TypeError' }) as Error
  const endings = [
    '\r',
    '\n',
    '\r\n',
    '\r\nhost: evil',
    '\0',
    '\x01',
    '\x7f',
    '\u0100',
    '\u010a',
    '\u560a',
    '😀',
  ]

  it.each([...endings])('%j in a value', (text) => {
    for (const value of [text, `a${text}`, `${text}a`, `a${text}a`]) {
      expect(() => write({ headers: ['x', 'y', 'a', value] })).toThrow(refused)
    }
  })

  it.each([...endings, ' ', '\t', ':', '"', '/', '(', '\xfc'])('%j in a name', (text) => {
    for (const name of [text, `a${text}`, `${text}a`, `a${text}a`]) {
      expect(() => write({ headers: ['x', 'y', name, 'a'] })).toThrow(refused)
    }
  })

  it('a header without a name', () => {
    expect(() => write({ headers: ['', 'a'] })).toThrow(refused)
  })

  it.each([...endings, ' ', '\t', '\xfc', ' HTTP/1.1\r\nhost: evil\r\n\r\n'])('%j in the path', (text) => {
    for (const path of [`/${text}`, `/a${text}`, `${text}/`, `/a${text}b`]) {
      expect(() => write({ path })).toThrow(refused)
    }
  })

  it('a path that is empty', () => {
    expect(() => write({ path: '' })).toThrow(refused)
  })
})

describe('the body of a request', () => {
  const length = ['content-length', '5']

  it.each([
    ['of a POST without one is said to be empty', 'POST', null, [], 0, 'content-length: 0\r\n'],
    ['of a GET without one is not spoken of', 'GET', null, [], undefined, ''],
    ['of a DELETE without one is not spoken of', 'DELETE', null, [], undefined, ''],
    ['in a buffer has a length', 'POST', Buffer.from('\xfc', 'utf8'), [], 2, 'content-length: 2\r\n'],
    ['in an empty buffer has a length, too', 'POST', Buffer.alloc(0), [], 0, 'content-length: 0\r\n'],
    [
      'that is streamed comes in chunks',
      'POST',
      stream('a'),
      [],
      'chunked',
      'transfer-encoding: chunked\r\n',
    ],
    [
      'that is streamed has the length that is given',
      'POST',
      stream('a'),
      length,
      5,
      'content-length: 5\r\n',
    ],
    [
      'in a buffer has the length that is given',
      'POST',
      Buffer.from('hello'),
      length,
      5,
      'content-length: 5\r\n',
    ],
  ] as const)('%s', (...row) => {
    const [, method, body, headers, framing, said] = row
    const head = write({ method, body, headers })

    expect(head.framing).toBe(framing)
    expect(head.text).toBe(`${method} /a HTTP/1.1\r\nhost: litellm:4000\r\n${said}\r\n`)
  })

  it('is framed once, however the name of the given length is spelt', () => {
    const head = write({ body: stream('a'), headers: ['Content-Length', '5'] })

    expect(head.framing).toBe(5)
    expect(head.text).not.toContain('transfer-encoding')
    expect(head.text.match(/content-length/gi)).toHaveLength(1)
  })

  // What is announced and never sent is taken out of the next request on the connection.
  it.each([
    ['longer than the buffer', Buffer.from('abc'), ['content-length', '5']],
    ['shorter than the buffer', Buffer.from('abcdefg'), ['content-length', '5']],
    ['of no body at all', null, ['content-length', '5']],
    ['that is no number', stream('a'), ['content-length', 'abc']],
    ['that is empty', stream('a'), ['content-length', '']],
    ['that is negative', stream('a'), ['content-length', '-1']],
    ['in hexadecimal', stream('a'), ['content-length', '0x10']],
    ['with a fraction', stream('a'), ['content-length', '1.5']],
    ['given twice', stream('a'), ['content-length', '5', 'content-length', '6']],
    ['beside a coding', stream('a'), ['content-length', '5', 'transfer-encoding', 'chunked']],
  ])('is refused with a length %s', (_, body, headers) => {
    expect(() => write({ body, headers })).toThrow(TypeError)
  })
})
