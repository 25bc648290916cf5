import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findTopLevelMember } from './json-member.ts'

const valueOf = (text: string, name = 'a') => {
  const bytes = Buffer.from(text)
  const range = findTopLevelMember(bytes, name)
  return range && bytes.toString('utf8', range.start, range.end)
}

describe('a member of the outermost object', () => {
  it.each([
    ['{"a":1}', '1'],
    ['{ "a" : [1, {"a":2}] , "b":3}', '[1, {"a":2}]'],
    ['{"b":{"a":1},"a":"x"}', '"x"'],
    ['{"b":[{"a":1}],"a":null\n}', 'null'],
    ['{"a":1,"a":2}', '2'],
    ['{"\\u0061":1}', '1'],
    ['{"b":"\\"a\\":1","a":2}', '2'],
    ['{"b":"ü{[","a":"}]"}', '"}]"'],
    ['{"b":"\\\\","a":2}', '2'],
  ])('of %s is %s', (text, value) => {
    expect(valueOf(text)).toBe(value)
  })

  it.each(['{}', '{"b":1}', '{"b":{"a":1}}', '{"b":"a"}', '{"b":["a"]}', '{"A":1}'])(
    'is not in %s',
    (text) => {
      expect(valueOf(text)).toBeUndefined()
    },
  )

  it('is the last of its name, in any valid JSON', () => {
    const name = fc.constantFrom('a', 'b', 'é', '"', '\\')
    const members = fc.array(fc.tuple(name, fc.jsonValue()), { maxLength: 6 })
    const blank = fc.constantFrom('', ' ', '\n\t')
    fc.assert(
      fc.property(members, blank, (pairs, gap) => {
        const parts = pairs.map(
          ([key, value]) => `${gap}${JSON.stringify(key)}${gap}:${gap}${JSON.stringify(value)}${gap}`,
        )
        const text = `{${parts.join(',')}}`
        const last = new Map<string, unknown>(pairs)
        for (const key of ['a', 'b', 'é', '"', '\\']) {
          expect(valueOf(text, key)).toBe(JSON.stringify(last.get(key)))
        }
      }),
    )
  })
})
