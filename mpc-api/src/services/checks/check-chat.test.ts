import { describe, expect, it } from 'vitest'
import { checkMessages, readModel } from './check-chat.ts'

const paramOf = (work: () => unknown) => {
  try {
    work()
    return undefined
  } catch (problem) {
    return (problem as { fields: { param: string } }).fields.param
  }
}

describe('the model', () => {
  it.each(['gpt-4o', 'openai/gpt-4o:free', 'модель', 'a b', 'm'.repeat(256)])(
    '%s is taken as it is',
    (model) => {
      expect(readModel({ model })).toBe(model)
    },
  )

  it.each([
    undefined,
    null,
    7,
    '',
    '  ',
    [],
    ['gpt-4o'],
    {},
    'a\nb',
    'a\u0000',
    'a\u009b',
    'a\u2028',
    'm'.repeat(257),
    'cheap,dear',
    'm,',
  ])('%j is refused', (model) => {
    expect(paramOf(() => readModel({ model }))).toBe('model')
  })
})

describe('messages', () => {
  it.each([
    [undefined, 'messages'],
    [{}, 'messages'],
    ['hi', 'messages'],
    [[], 'messages'],
    [['hi'], 'messages[0]'],
    [[{ role: 'user' }, null], 'messages[1]'],
    [[{ content: 'a' }], 'messages[0].role'],
    [[{ role: '' }], 'messages[0].role'],
    [[{ role: 7 }], 'messages[0].role'],
    [[{ role: 'user' }], undefined],
    [[{ role: 'brand-new', content: null, anything: 1 }], undefined],
  ])('%j are refused for: %s', (messages, param) => {
    expect(paramOf(() => checkMessages({ messages }))).toBe(param)
  })
})
