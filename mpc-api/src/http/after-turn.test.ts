import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { afterTurn } from './after-turn.ts'

describe('afterTurn', () => {
  const seen: string[] = []
  const ask = (name: string, bytes = 0): void => afterTurn(bytes, () => seen.push(name))

  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)

  beforeEach(() => {
    seen.length = 0
    now += 2
  })

  it('runs an action right away when nothing else happens', () => {
    ask('only')
    expect(seen).toEqual(['only'])
  })

  it('runs what is asked for together when the turn is over, in order', async () => {
    ask('alone')
    ask('first')
    await Promise.resolve().then(() => ask('second'))
    expect(seen).toEqual(['alone'])
    await nextTurn()
    expect(seen).toEqual(['alone', 'first', 'second'])
  })

  it('does not make much data wait', () => {
    ask('alone')
    ask('large', 100_000)
    expect(seen).toEqual(['alone', 'large'])
  })

  it('leaves what an action asks for to a later turn', async () => {
    ask('alone')
    afterTurn(0, () => {
      seen.push('outer')
      ask('inner')
    })
    await nextTurn()
    expect(seen).toEqual(['alone', 'outer'])
    await nextTurn()
    expect(seen).toEqual(['alone', 'outer', 'inner'])
  })
})
