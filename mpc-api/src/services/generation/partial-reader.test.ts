import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PartialReader } from './partial-reader.ts'

const sample = {
  title: 'He said: "{[,]}" \\ \u00e9',
  empty: [],
  none: null,
  sections: [{ a: [1, { b: '}' }], c: 'x,y' }, { a: [] }],
  tags: ['one', 'two, three'],
  deep: { x: [1, 2], y: {} },
  count: 12.5,
}
const expected = [
  { path: 'title', value: sample.title },
  { path: 'none', value: null },
  { path: 'sections[0]', value: sample.sections[0] },
  { path: 'sections[1]', value: sample.sections[1] },
  { path: 'tags[0]', value: 'one' },
  { path: 'tags[1]', value: 'two, three' },
  { path: 'deep', value: sample.deep },
  { path: 'count', value: 12.5 },
]

describe('the partial reader', () => {
  it.each([0, 2])('finds each member and item as soon as it is complete (indent %i)', (indent) => {
    expect(new PartialReader().push(JSON.stringify(sample, null, indent))).toEqual(expected)
  })

  it('finds the same whatever the pieces are', () => {
    const text = JSON.stringify(sample, null, 1)
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 30 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), text.length]
        const reader = new PartialReader()
        const parts = edges.slice(1).flatMap((end, index) => reader.push(text.slice(edges[index], end)))
        expect(parts).toEqual(expected)
      }),
    )
  })

  it('says a part before the rest is there', () => {
    const reader = new PartialReader()
    expect(reader.push('{"sections":[{"a":1}')).toEqual([])
    expect(reader.push(',{"a"')).toEqual([{ path: 'sections[0]', value: { a: 1 } }])
  })

  it('reads a long value in small pieces at the pace of its length', () => {
    const value = 'x'.repeat(400_000)
    const pieces = JSON.stringify({ value }).match(/.{1,4}/g) ?? []
    const reader = new PartialReader()
    const begun = performance.now()

    expect(pieces.flatMap((piece) => reader.push(piece))).toEqual([{ path: 'value', value }])
    expect(performance.now() - begun).toBeLessThan(1000)
  })

  it('never fails on text that is no JSON', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'a', ' ', '1')),
        (pieces) => {
          const reader = new PartialReader()
          for (const piece of pieces) reader.push(piece)
        },
      ),
    )
    expect(new PartialReader().push('Sure! Here it is: ```json {"a":1} ```')).toEqual([])
  })
})
