import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseJson } from './parse-json.ts'

/** As the V8 of Node 24 can be: names are taken for what they look like, their escapes unread. */
function misread(): void {
  const parse = JSON.parse as (text: string) => unknown
  vi.spyOn(JSON, 'parse').mockImplementation((text: string) => {
    const isContainer = /^\s*[[{]/.test(text)
    return parse(isContainer ? text.replaceAll(STRING, escapeName) : text)
  })
}

const STRING = /"((?:[^"\\]|\\.)*)"(\s*:)?/g

function escapeName(string: string, inner: string, colon: string | undefined): string {
  return colon === undefined ? string : `${JSON.stringify(inner)}${colon}`
}

afterEach(() => vi.restoreAllMocks())

const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** JSON text of a value in a random spelling: blanks, escapes where none are needed, members given more than once. */
function spell(value: unknown, chance: () => number): string {
  const blank = (): string => ['', '', ' ', '\n\t', '\r'][chance() % 5] as string
  const string = (text: string): string =>
    `"${[...Array(text.length).keys()]
      .map((at) => {
        const character = text.charAt(at)
        if (chance() % 4 === 0) return escape(character)
        const written = JSON.stringify(character).slice(1, -1)
        return written === '/' && chance() % 2 === 0 ? '\\/' : written
      })
      .join('')}"`
  const write = (node: unknown): string => {
    if (typeof node === 'string') return string(node)
    if (Array.isArray(node))
      return `[${node.map((item) => blank() + write(item)).join(`${blank()},`)}${blank()}]`
    if (typeof node !== 'object' || node === null) return JSON.stringify(node)
    const members = Object.entries(node).flatMap(([name, member]) => {
      const one = (text: string): string => `${blank()}${string(name)}${blank()}:${blank()}${text}`
      return chance() % 5 === 0 ? [one('{"not":["this"]}'), one(write(member))] : [one(write(member))]
    })
    return `{${members.join(`${blank()},`)}${blank()}}`
  }
  return `${blank()}${write(value)}${blank()}`
}

describe('JSON is parsed', () => {
  const names = fc.oneof(
    fc.constantFrom(
      'a',
      'b',
      '"',
      '\\',
      '\\u0061',
      ':',
      '":',
      '\\":',
      ' :',
      '__proto__',
      'constructor',
      '10',
      '9',
      '',
      'größe',
      '/',
      '\ud800',
    ),
    fc.string(),
  )
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue({ maxDepth: 0 }),
      names,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.array(fc.tuple(names, tie('value')), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
    ),
  })).value

  it.each([
    ['by this engine', () => undefined],
    ['by one that misreads escaped names', misread],
  ])('to what was written, however it was spelt: %s', (_, engine) => {
    engine()
    fc.assert(
      fc.property(value, fc.infiniteStream(fc.nat()), (written, chances) => {
        const text = spell(written, () => chances.next().value as number)
        const read = parseJson(text)
        expect(JSON.stringify(read)).toBe(JSON.stringify(written))
      }),
      { numRuns: 500 },
    )
  })

  it('with the last of several members of a name, in the place of the first', () => {
    const text = '{"a":1,"b":2,"\\u0061":3,"b\\"":4,"a":5}'

    expect(JSON.stringify(parseJson(text))).toBe('{"a":5,"b":2,"b\\"":4}')
  })

  it('with __proto__ as a member like any other', () => {
    const read = parseJson('{"__pr\\u006fto__":{"polluted":true}}') as Record<string, unknown>

    expect(Object.keys(read)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect(read['polluted']).toBeUndefined()
  })

  it.each([
    ['deep', `${'['.repeat(50_000)}{"\\u0061":1}${']'.repeat(50_000)}`],
    ['wide', `{${Array.from({ length: 100_000 }, (_, at) => `"\\u0061${at}":[]`).join()}}`],
    ['long', `{"\\u0061":"${'\\\\\\"'.repeat(500_000)}"}`],
  ])('when it is %s', (_, text) => {
    expect(() => parseJson(text)).not.toThrow()
  })

  it('only when it is JSON: the error is that of JSON.parse', () => {
    for (const text of ['', '{"\\u0061":}', '{"\\x":1}', '{"a":"\\', '"a', '{"\\u0061":1}}', '\u00a01']) {
      expect(() => parseJson(text)).toThrow(SyntaxError)
    }
  })
})
