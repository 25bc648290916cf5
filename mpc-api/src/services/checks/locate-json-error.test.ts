import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { locateJsonError } from './locate-json-error.ts'

const isJson = (text: string) => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('the place where text stops being JSON', () => {
  it.each([
    ['', 0],
    ['{', 1],
    ['{"a":1', 6],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ["{'a':1}", 1],
    ['{"a":01}', 6],
    ['{"a":+1}', 5],
    ['{"a":1.}', 6],
    ['{"a":NaN}', 5],
    ['{"a":tru}', 5],
    ['[1 2]', 3],
    ['[1,]', 3],
    ['{"a":"b\n"}', 7],
    ['{"a":"\\x"}', 7],
    ['{"a":"\\u12g4"}', 7],
    ['{"a":"b', 7],
    ['{} {}', 3],
    ['{}}', 2],
    ['[}', 1],
    ['\ufeff{}', 0],
    ['{"a":1 /* no */}', 7],
  ])('%j is %i', (text, position) => {
    expect(isJson(text)).toBe(false)
    expect(locateJsonError(text)).toBe(position)
  })

  it('is where a piece of valid JSON was cut off', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (value, at) => {
        const text = JSON.stringify({ value })
        const cut = text.slice(0, at % text.length)

        // A number, a word or an escape may be cut inside: its beginning is then the place.
        expect(locateJsonError(cut)).toBeLessThanOrEqual(cut.length)
        expect(text.slice(locateJsonError(cut), cut.length)).toMatch(/^[^\s"{}[\],:]*$/)
      }),
    )
  })

  it('agrees with JSON.parse: what stands before it can be the beginning of JSON, what it ends in cannot', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '1',
      '-',
      '0',
      '.',
      'e',
      'true',
      'null',
      ' ',
      '\n',
      '\\',
      'x',
    )
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const text = tokens.join('')
        const position = locateJsonError(text)
        if (isJson(text)) {
          expect(position).toBe(text.length)
          return
        }
        expect(position).toBeLessThanOrEqual(text.length)
        // The engine's own position, where it gives one, is never before ours by a whole token and never behind it.
        const closed = text.slice(0, position)
        expect(isJson(`${closed}${text.slice(position, position + 1)}`)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('takes one pass over long text', { timeout: 5_000 }, () => {
    expect(locateJsonError(`{"a":"${'x'.repeat(2_000_000)}`)).toBe(2_000_006)
    expect(locateJsonError('['.repeat(200_000))).toBe(200_000)
  })
})
