import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.ts'

const limits = {
  maxRefusals: 3,
  maxErrorRate: 0.5,
  minAnswers: 4,
  windowMs: 10_000,
  firstOpenMs: 500,
  longestOpenMs: 1500,
}

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => vi.useRealTimers())

const answer = (breaker: CircuitBreaker, ...failed: boolean[]): void => {
  for (const each of failed) breaker.answered(each, breaker.begin())
}

describe('CircuitBreaker', () => {
  it('opens when too many answers fail, and not before there are enough', () => {
    const breaker = new CircuitBreaker(limits)
    answer(breaker, true, true, true)
    expect(breaker.state).toBe('closed')
    answer(breaker, true)

    expect(breaker.state).toBe('open')
    expect(breaker.admits).toBe(false)
    expect(breaker.waitMs).toBe(500)
  })

  it('stays closed while enough answers succeed, and forgets old failures', () => {
    const breaker = new CircuitBreaker(limits)
    answer(breaker, true, false, false, false, true)
    expect(breaker.state).toBe('closed')
    vi.advanceTimersByTime(11_000)
    answer(breaker, true)

    expect(breaker.state).toBe('closed')
  })

  it('opens on refused connections in a row', () => {
    const breaker = new CircuitBreaker(limits)
    breaker.refused(breaker.begin())
    breaker.refused(breaker.begin())
    answer(breaker, false)
    breaker.refused(breaker.begin())
    breaker.refused(breaker.begin())
    expect(breaker.state).toBe('closed')
    breaker.refused(breaker.begin())

    expect(breaker.state).toBe('open')
  })

  it('lets one request at a time try it when half open; a success closes it, a failure opens it for longer', () => {
    const breaker = new CircuitBreaker(limits)
    answer(breaker, true, true, true, true)
    vi.advanceTimersByTime(500)
    expect(breaker.state).toBe('half_open')
    const first = breaker.begin()
    expect(breaker.admits).toBe(false)
    breaker.answered(true, first)
    expect(breaker.waitMs).toBe(1000)
    vi.advanceTimersByTime(1000)
    breaker.abandon(breaker.begin())
    expect(breaker.admits).toBe(true)
    breaker.answered(false, breaker.begin())

    expect(breaker.state).toBe('closed')
  })

  it('is not opened for longer, closed or freed by requests that began before it opened', () => {
    const breaker = new CircuitBreaker(limits)
    const [before, early, gone] = [breaker.begin(), breaker.begin(), breaker.begin()]
    answer(breaker, true, true, true, true)
    breaker.answered(true, before)
    breaker.refused(early)
    expect(breaker.waitMs).toBe(500)
    breaker.answered(false, before)
    expect(breaker.state).toBe('open')
    vi.advanceTimersByTime(500)
    breaker.begin()
    breaker.abandon(gone)

    expect(breaker.admits).toBe(false)
  })

  it('is never open for longer than its bound', () => {
    const breaker = new CircuitBreaker(limits)
    for (let turn = 0; turn < 30; turn += 1) breaker.refused(breaker.begin())

    expect(breaker.waitMs).toBe(1500)
  })
})
