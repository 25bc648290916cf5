import { describe, expect, it } from 'vitest'
import { readAnswer } from './read-answer.ts'
import { script } from './script.ts'

const job = script.prepare({ topic: 'Bread' })

describe('reading what a model wrote', () => {
  it.each([
    ['', 'is empty'],
    ['  \n', 'is empty'],
    ['```json\n{}\n```', 'is inside a code fence; it must be bare JSON'],
    ['Here you are: {}', 'has words before the JSON'],
    ['{"title":"}"} I hope it helps!', 'has words after the JSON'],
    ['{"title":"Bread', 'is JSON that ends before it is complete'],
    ["{'title':'Bread'}", 'is not valid JSON'],
    ['I would rather not.', 'is not JSON but text'],
  ])('%s: %s', (text, message) => {
    expect(readAnswer(text, job)).toEqual({ ok: false, problems: [{ path: '', message }] })
  })

  it('names every field of the wrong shape', () => {
    const answer = JSON.stringify({ title: 7, sections: [{ role: 'chorus' }], note: '' })
    const reading = readAnswer(answer, job)
    expect(reading.ok ? [] : reading.problems).toEqual(
      expect.arrayContaining([
        { path: 'title', message: 'expected string, received number' },
        { path: 'sections[0].narration', message: 'is missing' },
        { path: 'note', message: 'is not known here' },
      ]),
    )
  })
})
