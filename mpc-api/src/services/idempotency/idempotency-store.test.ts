import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Claim, IdempotencyStore } from './idempotency-store.ts'

const TTL_MS = 1000
const claimOf = (key: string): Claim => ({ caller: 'me', key, request: ['POST', '/', key] })

interface Kept {
  isReusable: boolean
  bytes: number
}

function createStore(maxBytes: number) {
  const store = new IdempotencyStore<Kept>(TTL_MS, maxBytes)
  const begin = (key: string) => store.claim(claimOf(key), () => ({ isReusable: true, bytes: 0 }))
  const make = (key: string, kept: Kept) => {
    store.claim(claimOf(key), () => kept)
    store.settle(claimOf(key), kept)
  }
  return { begin, make, isKept: (key: string) => !begin(key).isNew }
}

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => vi.useRealTimers())

describe('what is kept', () => {
  it('is bounded, the oldest goes first, and what is being made stays', () => {
    const { begin, make, isKept } = createStore(100_000)
    begin('being-made')
    for (const key of ['first', 'second', 'third']) make(key, { isReusable: true, bytes: 40_000 })

    expect(['being-made', 'second', 'third', 'first'].map(isKept)).toEqual([true, true, true, false])
  })

  it('is bounded in number, too, for an entry takes more than its bytes', () => {
    const { make, isKept } = createStore(1_000_000)
    for (let index = 0; index < 2000; index += 1) make(`key-${index}`, { isReusable: true, bytes: 1 })

    expect(isKept('key-1999')).toBe(true)
    expect(isKept('key-1000')).toBe(false)
  })

  it('is forgotten after its time, but not while it is being made', () => {
    const { begin, make, isKept } = createStore(100_000)
    begin('being-made')
    make('made', { isReusable: true, bytes: 10 })
    vi.advanceTimersByTime(TTL_MS + 1)

    expect(isKept('being-made')).toBe(true)
    expect(isKept('made')).toBe(false)
  })

  it('counts no more once it is forgotten', () => {
    const { make, isKept } = createStore(100_000)
    for (let turn = 0; turn < 10; turn += 1) {
      make(`large-${turn}`, { isReusable: true, bytes: 80_000 })
      vi.advanceTimersByTime(TTL_MS + 1)
    }
    make('a', { isReusable: true, bytes: 40_000 })
    make('b', { isReusable: true, bytes: 40_000 })

    expect(['a', 'b'].map(isKept)).toEqual([true, true])
  })
})

it('what cannot be reused is not kept, and makes room for another try', () => {
  const { make, isKept } = createStore(100_000)
  make('failed', { isReusable: false, bytes: 10 })

  expect(isKept('failed')).toBe(false)
})
