import { describe, expect, it } from 'vitest'
import { checkChapters, planChapters, toTimestamp } from './chapters.ts'

const at = (...starts: number[]) => starts.map((startSeconds) => ({ startSeconds, title: 'x' }))

describe('chapters', () => {
  it.each([
    ['starts at 0:00, ascends and has three', at(0, 60, 120), []],
    ['does not start at 0:00', at(5, 60, 120), ['chapters[0].startSeconds']],
    ['descends', at(0, 120, 60), ['chapters[1].startSeconds']],
    ['has one of less than ten seconds', at(0, 8, 60), ['chapters[0].startSeconds']],
    ['has one of less than ten seconds at the end', at(0, 60, 175), ['chapters[2].startSeconds']],
    ['has only two', at(0, 60), ['chapters']],
  ])('a list that %s: problems at %#', (_, chapters, paths) => {
    const plan = planChapters(180, null)
    expect(checkChapters(chapters, plan).map(({ path }) => path)).toEqual(paths)
  })

  it('start only where a section does, when there are sections', () => {
    const plan = planChapters(180, [0, 30, 60, 120])
    expect(checkChapters(at(0, 60, 120), plan)).toEqual([])
    expect(checkChapters(at(0, 45, 120), plan)).toMatchObject([{ path: 'chapters[1].startSeconds' }])
  })

  it('are not asked for where YouTube would make none', () => {
    expect(planChapters(29, null)).toBeNull()
    expect(planChapters(180, [10, 60, 120])).toBeNull()
    expect(planChapters(180, [0, 5, 60])).toBeNull()
    expect(checkChapters(at(0), null)).toMatchObject([{ path: 'chapters' }])
  })

  it.each([
    [0, '0:00'],
    [65, '1:05'],
    [3725, '1:02:05'],
  ])('%i seconds are %s', (seconds, timestamp) => {
    expect(toTimestamp(seconds)).toBe(timestamp)
  })
})
