import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Upstream, type UpstreamAddress } from './upstream.ts'

const upstreams: Upstream[] = []
const breaker = { maxErrorRate: 0.9, minAnswers: 50, windowMs: 10_000, firstOpenMs: 500, longestOpenMs: 5000 }

function create(
  urls: readonly string[],
  probe: (url: string) => Promise<boolean> = () => Promise.resolve(true),
) {
  const upstream = new Upstream({ urls, key: 'sk', connectMs: 100, breaker, probe })
  upstreams.push(upstream)
  return upstream
}
const nobody: never[] = []

const refuse = (upstream: Upstream, address: UpstreamAddress): void => {
  const era = upstream.begin(address)
  upstream.reportRefused(address, era)
  upstream.end(address, era)
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  for (const upstream of upstreams.splice(0)) upstream.close()
  vi.useRealTimers()
})

describe('the addresses of LiteLLM', () => {
  it.each([
    ['http://a:4000', 'http://a:4000'],
    ['http://a:4000/', 'http://a:4000'],
    ['http://a:4000/v1', 'http://a:4000'],
    ['http://a:4000/v1/', 'http://a:4000'],
    ['https://a/litellm/v1', 'https://a/litellm'],
    ['http://a/v12', 'http://a/v12'],
  ])('%s is called %s', (given, url) => {
    expect(create([given]).addresses[0]?.url).toBe(url)
  })

  it('carry our key, and ask for no compression', () => {
    expect(create(['http://a']).ownHeaders).toEqual([
      'authorization',
      'Bearer sk',
      'accept-encoding',
      'identity',
    ])
    const open = new Upstream({
      urls: ['http://a'],
      key: undefined,
      connectMs: 1,
      breaker,
      probe: () => Promise.resolve(true),
    })
    upstreams.push(open)
    expect(open.ownHeaders).not.toContain('authorization')
  })
})

describe('the next request goes', () => {
  it('to the least busy address, the first of equals', () => {
    const upstream = create(['http://a', 'http://b', 'http://c'])
    const [a, b, c] = upstream.addresses as [
      (typeof upstream.addresses)[number],
      (typeof upstream.addresses)[number],
      (typeof upstream.addresses)[number],
    ]
    expect(upstream.pick(nobody)).toBe(a)
    a.outstanding = 2
    b.outstanding = 1
    c.outstanding = 1
    expect(upstream.pick(nobody)).toBe(b)
  })

  it('not to one that was tried, and nowhere when all were', () => {
    const upstream = create(['http://a', 'http://b'])
    const [a, b] = upstream.addresses
    expect(upstream.pick([a!])).toBe(b)
    expect(upstream.pick([a!, b!])).toBeUndefined()
  })

  it('not to one that refuses connections, however idle it is', () => {
    const upstream = create(['http://a', 'http://b'])
    const [a, b] = upstream.addresses
    refuse(upstream, a!)
    b!.outstanding = 100
    expect(upstream.pick(nobody)).toBe(b)
  })

  it('nowhere while every address is left alone, and says for how long', () => {
    const upstream = create(['http://a', 'http://b'])
    for (const address of upstream.addresses) refuse(upstream, address)
    expect(upstream.pick(nobody)).toBeUndefined()
    expect(upstream.waitMs).toBe(500)
  })

  it('to a lone address also after it refused a few: it may just be restarting', () => {
    const upstream = create(['http://a'])
    for (let count = 0; count < 9; count += 1) refuse(upstream, upstream.addresses[0]!)
    expect(upstream.pick(nobody)).toBe(upstream.addresses[0])
  })
})

describe('an address that refuses connections', () => {
  it('is probed after half a second, and comes back when it is alive', async () => {
    const probe = vi.fn(() => Promise.resolve(true))
    const upstream = create(['http://a', 'http://b'], probe)
    const [a] = upstream.addresses
    refuse(upstream, a!)
    await vi.advanceTimersByTimeAsync(499)
    expect(probe).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(2)
    expect(probe).toHaveBeenCalledWith('http://a')
    expect(a!.breaker.state).toBe('closed')
  })

  it('is left out for a growing while, at most five seconds', async () => {
    const at: number[] = []
    const began = Date.now()
    const upstream = create(['http://a', 'http://b'], () => {
      at.push(Date.now() - began)
      return Promise.resolve(false)
    })
    refuse(upstream, upstream.addresses[0]!)
    await vi.advanceTimersByTimeAsync(30_000)
    const pauses = at.map((time, index) => time - (at[index - 1] ?? 0))

    expect(pauses.slice(0, 5)).toEqual([500, 1000, 2000, 4000, 5000])
    expect(Math.max(...pauses)).toBe(5000)
    expect(upstream.addresses[0]!.breaker.state).toBe('open')
  })

  it('is probed once at a time, however many requests it refuses', async () => {
    const probe = vi.fn(() => Promise.resolve(true))
    const upstream = create(['http://a', 'http://b'], probe)
    for (let count = 0; count < 10; count += 1) refuse(upstream, upstream.addresses[0]!)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(probe).toHaveBeenCalledTimes(1)
  })

  it('comes back at once when a request reaches it', () => {
    const upstream = create(['http://a', 'http://b'])
    const [a] = upstream.addresses
    refuse(upstream, a!)
    a!.breaker.answered(false, a!.breaker.begin())
    expect(a!.breaker.state).toBe('closed')
  })

  it('is not probed any more once everything is closed, also not by a probe that was under way', async () => {
    let answer: (alive: boolean) => void = () => undefined
    const probe = vi.fn(() => new Promise<boolean>((resolve) => (answer = resolve)))
    const upstream = create(['http://a', 'http://b'], probe)
    refuse(upstream, upstream.addresses[0]!)
    await vi.advanceTimersByTimeAsync(600)
    upstream.close()
    answer(false)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(probe).toHaveBeenCalledTimes(1)
  })
})
