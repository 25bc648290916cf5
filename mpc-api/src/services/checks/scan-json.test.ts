import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanJson } from './scan-json.ts'

const scan = (text: string, maxDepth: number) => () => scanJson(Buffer.from(text), maxDepth)

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map((inner) => depthOf(inner)))
    : 0

describe('the nesting of JSON', () => {
  it.each([
    ['{"a":[{"b":[]}]}', 4],
    ['[[[]],[[]]]', 3],
    ['{"a":"[[[[[[["}', 1],
    ['{"a\\"[[[":"\\\\"}', 1],
    ['"[[["', 0],
  ])('%s is %i deep', (text, depth) => {
    expect(scan(text, depth)).not.toThrow()
    if (depth > 0) expect(scan(text, depth - 1)).toThrow(/nests deeper than/)
  })

  it('is counted as in the parsed value, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value)
        const depth = depthOf(value)

        expect(scan(text, depth)).not.toThrow()
        if (depth > 0) expect(scan(text, depth - 1)).toThrow()
      }),
    )
  })

  it('is judged in one pass over hostile text', { timeout: 5_000 }, () => {
    expect(scan('['.repeat(1_000_000), 128)).toThrow(/nests deeper/)
    expect(scan(`"${'\\'.repeat(1_000_001)}"`, 128)).not.toThrow()
    expect(scan(`{"a":"${'\\"'.repeat(500_000)}"}`, 128)).not.toThrow()
  })
})

describe('the number of values in JSON', () => {
  it('has a bound, commas in strings aside', () => {
    expect(scan(`[${'0,'.repeat(2_000_000)}0]`, 4)).toThrow(/more than 2000000 values/)
    expect(scan(`["${','.repeat(3_000_000)}"]`, 4)).not.toThrow()
  })
})
