import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { MultipartReader, readBoundary } from './multipart-reader.ts'

const field = (name: string, value: string) =>
  `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
const file = (name: string, content: string) =>
  `--B\r\nContent-Disposition: form-data; name="${name}"; filename="a.bin"\r\nContent-Type: audio/mpeg\r\n\r\n${content}\r\n`
const part = (headers: string) => `--B\r\n${headers}\r\n\r\nv\r\n--B--\r\n`
const disposition = (text: string) => part(`Content-Disposition: ${text}`)

/** What a reader reports of a body that comes in these pieces. */
function read(...pieces: (string | Buffer)[]): string[] {
  const seen: string[] = []
  const reader = new MultipartReader('B', {
    onPart: (name) => seen.push(`part ${name}`),
    onField: (name, value) => seen.push(`${name}=${value}`),
  })
  for (const piece of pieces) reader.push(Buffer.from(piece))
  reader.end()
  return seen
}

/** Splits bytes at these places, wherever they lie. */
function split(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut))
}

/** Text without a line that begins like a delimiter. */
const value = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes('--B'))
const name = fc.stringMatching(/^[a-z_]{1,12}(?:\[\])?$/)
const cuts = fc.array(fc.nat(), { maxLength: 12 })

describe('a multipart body', () => {
  it('tells the fields with their values, and of files only the name', () => {
    const body = `${field('model', 'whisper-1')}${file('file', 'ID3\r\n--A\r\n\r\n')}${field('prompt', '')}--B--\r\n`

    expect(read(body)).toEqual(['part model', 'model=whisper-1', 'part file', 'part prompt', 'prompt='])
  })

  it('reads the same however its bytes are split', () => {
    const parts = fc.array(fc.tuple(name, value, fc.boolean()), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(parts, cuts, (described, places) => {
        const texts = described.map(([key, text, isFile]) => (isFile ? file(key, text) : field(key, text)))
        const body = Buffer.from(`${texts.join('')}--B--\r\n`)
        const expected = described.flatMap(([key, text, isFile]) =>
          isFile ? [`part ${key}`] : [`part ${key}`, `${key}=${text}`],
        )

        expect(read(...split(body, places))).toEqual(expected)
      }),
    )
  })

  it('is refused the same however its bytes are split, and never fails in another way', () => {
    const outcome = (pieces: Buffer[]) => {
      try {
        return read(...pieces)
      } catch (problem) {
        expect(problem).toBeInstanceOf(GatewayError)
        return (problem as GatewayError).status
      }
    }
    const noise = fc
      .array(
        fc.constantFrom('--B', '\r\n', '--', ' ', '\n', 'Content-Disposition: form-data; name="a"', ';', 'x'),
        { maxLength: 14 },
      )
      .map((tokens) => Buffer.from(tokens.join('')))
    fc.assert(
      fc.property(noise, cuts, (bytes, places) => {
        expect(outcome(split(bytes, places))).toEqual(outcome([bytes]))
      }),
    )
  })

  it('passes on what an event threw, so that a field can refuse the upload', () => {
    const refuse = () => {
      throw new GatewayError('FORBIDDEN', 'no')
    }
    const reader = new MultipartReader('B', { onPart: refuse, onField: refuse })

    expect(() => reader.push(Buffer.from(field('api_base', 'x')))).toThrow('no')
  })
})

describe('what two parsers could read differently is refused', () => {
  it.each([
    ['nothing at all', ''],
    ['words before the first boundary', `hello\r\n${field('a', '1')}--B--\r\n`],
    ['a line end before the first boundary', `\r\n${field('a', '1')}--B--\r\n`],
    [
      'a boundary with blanks after it',
      `--B \r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n`,
    ],
    [
      'a boundary that ends in a bare LF',
      `--B\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n`,
    ],
    ['headers that end in bare LFs', `--B\r\nContent-Disposition: form-data; name="a"\n\n1\r\n--B--\r\n`],
    [
      'a boundary that is only the beginning of a line',
      `--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--Bx\r\n\r\n--B--`,
    ],
    [
      'a part whose boundary has no line end of its own, which for LiteLLM is its content',
      `--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n${field('model', 'm')}--B--\r\n`,
    ],
    [
      'a file whose boundary has no line end of its own',
      `${file('file', '').slice(0, -4)}\r\n${field('model', 'm')}--B--\r\n`,
    ],
    ['parts after the last boundary', `${field('a', '1')}--B--\r\n${field('api_base', 'x')}--B--\r\n`],
    ['an end without the last boundary', field('a', '1')],
    ['an end inside a file', file('a', 'x').slice(0, -4)],
    ['no headers', '--B\r\n\r\n\r\nv\r\n--B--\r\n'],
    ['no content-disposition', part('Content-Type: text/plain')],
    [
      'two content-dispositions',
      part('Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"'),
    ],
    ['a folded header', part('Content-Disposition: form-data;\r\n name="a"')],
    ['a blank before the colon', part('Content-Disposition : form-data; name="a"')],
    ['a carriage return in a header', part('Content-Disposition: form-data; name="a"\rX: y')],
    ['a NUL in a header', part('Content-Disposition: form-data; name="a\0"')],
    ['an attachment', disposition('attachment; name="a"')],
    ['no name', disposition('form-data; filename="a"')],
    ['two names', disposition('form-data; name="a"; name="b"')],
    ['two names in different case', disposition('form-data; name="a"; NAME="b"')],
    ['a name in another case', disposition('form-data; Name="a"')],
    ['an encoded name', disposition("form-data; name*=utf-8''api_base")],
    ['a name and an encoded name', disposition('form-data; name="a"; name*=utf-8\'\'api_base')],
    ['a name in pieces', disposition('form-data; name*0="api_"; name*1="base"')],
    ['an escaped quote in a name', disposition('form-data; name="a\\"b"')],
    ['a backslash in a name', disposition('form-data; name=api\\_base')],
    ['blanks around the equals sign', disposition('form-data; name = "a"')],
    ['text after the quotes', disposition('form-data; name="a"b')],
    ['a no-break space before a parameter', disposition('form-data; name="model";\u00a0filename="x"')],
    [
      'filename* alone, which hides a field from one of two parsers',
      disposition('form-data; name="model"; filename*=utf-8\'\'x'),
    ],
  ])('%s', (_, body) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ status: 400, closesConnection: true }) as Error,
    )
  })

  it.each([
    ['the headers of a part without an end', `--B\r\nX: ${'x'.repeat(20_000)}`],
    ['a field without an end', `${field('prompt', '').slice(0, -2)}${'x'.repeat(1024 * 1024 + 1)}`],
  ])('as is %s', (_, body) => {
    expect(() => read(body)).toThrow('too large')
  })
})

describe('what real clients send is read', () => {
  it.each([
    ['plain', 'form-data; name="a"', 'a=v'],
    ['without quotes', 'form-data; name=a', 'a=v'],
    ['without blanks', 'form-data;name="a"', 'a=v'],
    ['with words in another case', 'Form-Data; name="a"', 'a=v'],
    ['in brackets', 'form-data; name="timestamp_granularities[]"', 'timestamp_granularities[]=v'],
  ])('a name %s', (_, text, expected) => {
    expect(read(disposition(text))).toContain(expected)
  })

  it.each([
    ['an empty file name', 'form-data; name="a"; filename=""'],
    ['a file name in UTF-8', 'form-data; name="a"; filename="Grüß ; Gott.mp3"'],
    ['both kinds of file name', "form-data; name=a; filename=x.mp3; filename*=utf-8''Gr%C3%BC%C3%9F.mp3"],
  ])('a file with %s', (_, text) => {
    expect(read(disposition(text))).toEqual(['part a'])
  })

  it('a body without a line end after its last boundary', () => {
    expect(read(field('a', '1') + '--B--')).toEqual(['part a', 'a=1'])
  })
})

describe('the boundary', () => {
  it.each([
    ['multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk', '----WebKitFormBoundary7MA4YWxk'],
    ['multipart/form-data; boundary="a:b"', 'a:b'],
    ['Multipart/Form-Data;BOUNDARY=x', 'x'],
    ['multipart/form-data; charset=utf-8; boundary=x', 'x'],
    ['multipart/form-data; boundary=x; charset="UTF-8"', 'x'],
    ['multipart/form-data; boundary=x;', 'x'],
    ['multipart/form-data; boundary=x \t; ', 'x'],
  ])('of %s is %s', (type, boundary) => {
    expect(readBoundary(type)).toBe(boundary)
  })

  it.each([
    ['missing', 'multipart/form-data; charset=utf-8'],
    ['empty', 'multipart/form-data; boundary='],
    ['given twice', 'multipart/form-data; boundary=a; boundary=b'],
    ['hidden in quotes', 'multipart/form-data; x="; boundary=a"; boundary*=b'],
    ['encoded', "multipart/form-data; boundary=a; boundary*=utf-8''b"],
    ['with a blank', 'multipart/form-data; boundary="a b"'],
    ['with a quote inside', 'multipart/form-data; boundary=a"b'],
    ['too long', `multipart/form-data; boundary=${'x'.repeat(71)}`],
    ['of another multipart type', 'multipart/mixed; boundary=a'],
    ['beside a second type', 'multipart/form-data, application/json; boundary=a'],
    // "+AGE-pi_base" is "api_base" in UTF-7, and LiteLLM decodes names with the charset that the type names.
    ['beside a charset that spells names otherwise', 'multipart/form-data; boundary=a; charset=utf-7'],
    ['beside two charsets', 'multipart/form-data; boundary=a; charset=utf-8; charset=utf-16'],
  ])('that is %s is refused', (_, type) => {
    expect(() => readBoundary(type)).toThrow(GatewayError)
  })

  it('behind which something follows many blanks is refused at the pace of their number', () => {
    const begun = performance.now()

    expect(() => readBoundary(`multipart/form-data;boundary=x${' '.repeat(100_000)}x`)).toThrow(GatewayError)
    expect(performance.now() - begun).toBeLessThan(500)
  })
})
