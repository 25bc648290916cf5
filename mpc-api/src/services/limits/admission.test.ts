import { describe, expect, it } from 'vitest'
import { Admission } from './admission.ts'

const never = (): void => undefined

describe('Admission', () => {
  it('lets callers take turns, however many requests one of them sends', async () => {
    const admission = new Admission({ maxInFlight: 1, maxWaiting: 10, maxWaitMs: 1000 })
    const order: string[] = []
    const enter = async (caller: string, name: string): Promise<void> => {
      const leave = await admission.enter(caller, never)
      order.push(name)
      leave()
    }
    const hold = await admission.enter('dify', never)
    const all = [
      enter('dify', 'dify 1'),
      enter('dify', 'dify 2'),
      enter('dify', 'dify 3'),
      enter('langflow', 'langflow 1'),
    ]
    hold()
    await Promise.all(all)

    expect(order).toEqual(['dify 1', 'langflow 1', 'dify 2', 'dify 3'])
    expect([admission.inFlight, admission.waiting]).toEqual([0, 0])
  })

  it('refuses when the queue is full, and gives every place back', async () => {
    const admission = new Admission({ maxInFlight: 1, maxWaiting: 0, maxWaitMs: 1000 })
    const leave = await admission.enter('a', never)

    await expect(admission.enter('a', never)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    leave()
    expect(admission.inFlight).toBe(0)
  })

  it('forgets who gave up waiting', async () => {
    const admission = new Admission({ maxInFlight: 1, maxWaiting: 5, maxWaitMs: 1000 })
    const leave = await admission.enter('a', never)
    let giveUp = never
    const waiting = admission.enter('b', (action) => (giveUp = action))
    giveUp()

    await expect(waiting).rejects.toThrow()
    leave()
    expect([admission.inFlight, admission.waiting]).toEqual([0, 0])
  })
})
