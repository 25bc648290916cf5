import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { afterTurn } from './after-turn.ts'

describe('afterTurn', () => {
  it('runs nothing before the turn is over, then everything in order', async () => {
    const seen: string[] = []
    afterTurn(() => seen.push('first'))
    await Promise.resolve().then(() => afterTurn(() => seen.push('second')))
    expect(seen).toEqual([])
    await nextTurn()
    expect(seen).toEqual(['first', 'second'])
  })

  it('leaves what an action asks for to the next turn', async () => {
    const seen: string[] = []
    afterTurn(() => {
      seen.push('outer')
      afterTurn(() => seen.push('inner'))
    })
    await nextTurn()
    expect(seen).toEqual(['outer'])
    await nextTurn()
    expect(seen).toEqual(['outer', 'inner'])
  })
})
