import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Clocks } from './clocks.ts'

const limits = { firstByteMs: 1000, idleMs: 300, totalMs: 5000, streamStartMs: 200, pingMs: 100 }

/** Clocks on fake time, and what they said. */
function start(asksForStream: boolean, overrides: Partial<typeof limits> = {}) {
  const said: string[] = []
  const clocks: Clocks = new Clocks(
    { ...limits, ...overrides },
    {
      expired: (clock) => {
        said.push(clock)
        clocks.stop()
      },
      startStream: () => said.push('start'),
      ping: () => said.push('ping'),
    },
    asksForStream,
  )
  return { clocks, said }
}

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => vi.useRealTimers())

describe('the clocks of an exchange', () => {
  it('end the wait for the first byte', () => {
    const { said } = start(false)
    vi.advanceTimersByTime(999)
    expect(said).toEqual([])
    vi.advanceTimersByTime(2)
    expect(said).toEqual(['MPC_FIRST_BYTE_TIMEOUT_MS'])
  })

  it('end a silence between two chunks, counted from the last one', () => {
    const { clocks, said } = start(false)
    for (let at = 0; at < 5; at += 1) {
      vi.advanceTimersByTime(299)
      clocks.received(performance.now())
    }
    vi.advanceTimersByTime(299)
    expect(said).toEqual([])
    vi.advanceTimersByTime(1000)
    expect(said).toEqual(['MPC_IDLE_TIMEOUT_MS'])
  })

  it('end an exchange that takes too long in all, however busy it is', () => {
    const { clocks, said } = start(false)
    for (let at = 0; at < 60; at += 1) {
      vi.advanceTimersByTime(100)
      clocks.received(performance.now())
    }
    expect(said).toEqual(['MPC_TOTAL_TIMEOUT_MS'])
  })

  it('start a stream that is awaited, once, and then ping its silences', () => {
    const { said } = start(true)
    vi.advanceTimersByTime(201)
    expect(said).toEqual(['start'])
    vi.advanceTimersByTime(250)
    expect(said).toEqual(['start', 'ping', 'ping'])
  })

  it('ping only after a silence towards the client', () => {
    const { clocks, said } = start(true)
    for (let at = 0; at < 10; at += 1) {
      vi.advanceTimersByTime(90)
      clocks.received(performance.now())
      clocks.sent(performance.now())
    }
    expect(said).toEqual([])
    vi.advanceTimersByTime(210)
    expect(said).toEqual(['ping', 'ping'])
  })

  it('neither start nor ping what is no stream', () => {
    const { said } = start(false)
    vi.advanceTimersByTime(900)
    expect(said).toEqual([])
  })

  it('forgive silence while paused, but not for ever', () => {
    const { clocks, said } = start(false)
    clocks.setPaused(true)
    vi.advanceTimersByTime(4000)
    expect(said).toEqual([])
    vi.advanceTimersByTime(1001)
    expect(said).toEqual(['MPC_TOTAL_TIMEOUT_MS'])
  })

  it('count a silence anew after a pause', () => {
    const { clocks, said } = start(false)
    clocks.received(performance.now())
    clocks.setPaused(true)
    vi.advanceTimersByTime(1000)
    clocks.setPaused(false)
    vi.advanceTimersByTime(290)
    expect(said).toEqual([])
    vi.advanceTimersByTime(20)
    expect(said).toEqual(['MPC_IDLE_TIMEOUT_MS'])
  })

  it('leave no timer once stopped, whatever is noted after', () => {
    const { clocks, said } = start(true)
    clocks.stop()
    clocks.received(performance.now())
    clocks.sent(performance.now())
    clocks.setPaused(false)
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(10_000)
    expect(said).toEqual([])
  })

  it('cost one timer, and none for a chunk', () => {
    const { clocks } = start(true)
    clocks.sent(performance.now())
    const spy = vi.spyOn(globalThis, 'setTimeout')
    for (let at = 0; at < 100; at += 1) {
      clocks.received(performance.now())
      clocks.sent(performance.now())
    }
    expect(spy).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(1)
    spy.mockRestore()
    clocks.stop()
  })
})
