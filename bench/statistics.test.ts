import { describe, expect, it } from 'vitest'
import { formatFigure, median, ratio } from './statistics.ts'

describe('median', () => {
  it('is the middle of an odd number of values, in any order', () => {
    expect(median([9, 1, 5])).toBe(5)
  })

  it('is the mean of the two middle ones of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  it('of nothing is undefined', () => {
    expect(median([])).toBeUndefined()
  })
})

describe('ratio', () => {
  it('says how many times the base a value is', () => {
    expect(ratio(30, 20)).toBe(1.5)
  })

  it('is undefined where either is missing or the base is 0', () => {
    expect([ratio(undefined, 2), ratio(2, undefined), ratio(2, 0)]).toEqual([undefined, undefined, undefined])
  })
})

describe('formatFigure', () => {
  it('keeps three significant digits and never writes an exponent', () => {
    const shown = [0, 0.0214, 1.4142, 64.94, 640.6, 61408.3, -0.512].map(formatFigure)
    expect(shown).toEqual(['0', '0.021', '1.41', '64.9', '641', '61408', '-0.512'])
  })
})
