import { describe, expect, it } from 'vitest'
import { script } from './script.ts'

const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ')
const section = (role: string, durationSeconds: number, count: number) => ({
  role,
  heading: 'Part',
  durationSeconds,
  narration: words(count),
  visuals: 'A loaf',
  onScreenText: null,
})
const read = (sections: unknown[], more: object = {}) =>
  script.prepare({ topic: 'Bread', durationSeconds: 60, ...more }).read({ title: 'Bread', sections })
const pathsOf = (reading: ReturnType<typeof read>) =>
  reading.ok ? [] : reading.problems.map(({ path }) => path)
const sound = [section('hook', 10, 25), section('content', 40, 100), section('call-to-action', 10, 25)]

describe('a script', () => {
  it('is timed, counted and summed up by the gateway, not by the model', () => {
    expect(read(sound)).toMatchObject({
      ok: true,
      result: {
        hook: words(25),
        callToAction: words(25),
        durationSeconds: 60,
        estimatedDurationSeconds: 60,
        wordCount: 150,
        wordsPerMinute: 150,
        format: 'short',
        sections: [
          { startSeconds: 0, endSeconds: 10, wordCount: 25 },
          { startSeconds: 10, endSeconds: 50, wordCount: 100 },
          { startSeconds: 50, endSeconds: 60, wordCount: 25 },
        ],
      },
    })
  })

  it.each([
    [
      'durations do not add up',
      [section('hook', 10, 25), section('content', 30, 125)],
      ['sections', 'sections[1].narration'],
    ],
    ['words are too few', [section('hook', 10, 20), section('content', 50, 90)], ['sections']],
    ['words are too many', [section('hook', 10, 25), section('content', 50, 150)], ['sections']],
    [
      'a section is too full',
      [section('hook', 5, 50), section('content', 55, 100)],
      ['sections[0].narration'],
    ],
    [
      'the hook is not first',
      [section('content', 10, 25), section('hook', 50, 125)],
      ['sections[0].role', 'sections[1].role'],
    ],
    [
      'the call to action is not last',
      [section('hook', 10, 25), section('call-to-action', 10, 25), section('content', 40, 100)],
      ['sections[1].role'],
    ],
  ])('whose %s is refused', (_, sections, paths) => {
    expect(pathsOf(read(sections)).sort()).toEqual([...paths].sort())
  })

  it('must end with the call to action that was asked for', () => {
    const without = [section('hook', 10, 25), section('content', 50, 125)]
    expect(pathsOf(read(without, { callToAction: 'Subscribe' }))).toEqual(['sections'])
    expect(pathsOf(read(without))).toEqual([])
  })

  it('is planned for the language and the speaking rate', () => {
    const plan = (more: object) =>
      script.prepare({ topic: 'Brot', durationSeconds: 60, ...more }).requirements
    expect(plan({ language: 'de' })).toMatchObject({ language: 'German, de', words: { target: 130 } })
    expect(plan({ wordsPerMinute: 180 })).toMatchObject({ words: { target: 180, least: 153, most: 207 } })
    expect(plan({})).toMatchObject({ format: 'short' })
    expect(script.prepare({ topic: 'Brot' }).requirements).toMatchObject({
      format: 'long',
      durationSeconds: 480,
    })
  })
})
