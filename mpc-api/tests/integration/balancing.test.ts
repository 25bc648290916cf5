import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { chatAnswer } from '../support/chat-frames.ts'
import { ask, chatPath, startPair } from '../support/start-pair.ts'
import { held, resetAtOnce } from '../support/upstream-behaviours.ts'
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub.ts'

const one = await startUpstreamStub()
const two = await startUpstreamStub()
let lost: UpstreamStub | undefined = await startUpstreamStub()
const lostPort = lost.port
const addresses = [one, two, lost].map(({ url }) => url)
const { post } = await startPair({ LITELLM_BASE_URL: ` ${addresses.join(' , ')}/ ` })
const three = lost
await lost.stop()
lost = undefined

beforeEach(() => {
  one.reset()
  two.reset()
})
afterAll(async () => {
  await Promise.all([one.stop(), two.stop(), three.stop(), lost?.stop()])
})

const askMany = (times: number) =>
  Promise.all(Array.from({ length: times }, async () => (await post(chatPath, ask)).status))

describe('several LiteLLM addresses, one of which refuses connections', () => {
  it('no client notices', async () => {
    one.respond(chatAnswer())
    two.respond(chatAnswer())

    expect(new Set(await askMany(40))).toEqual(new Set([200]))
    expect(one.requests.length + two.requests.length).toBe(40)
  })

  it('the one with fewer requests under way gets the next', async () => {
    const busy = held(chatAnswer())
    one.respond(busy.behaviour)
    two.respond(busy.behaviour)
    const first = post(chatPath, ask)
    await expect.poll(() => one.requests.length + two.requests.length).toBe(1)
    const [taken, free] = one.requests.length ? [one, two] : [two, one]
    const next = post(chatPath, ask)
    await expect.poll(() => free.requests.length).toBe(1)
    expect(taken.requests.length).toBe(1)
    busy.release()

    expect((await first).status + (await next).status).toBe(400)
  })

  it('a request that has been sent is never sent again', async () => {
    one.respond(resetAtOnce)
    two.respond(resetAtOnce)

    expect((await post(chatPath, ask)).status).toBe(502)
    expect(one.requests.length + two.requests.length).toBe(1)
  })

  it('the lost one is used again once it is back', { timeout: 15_000 }, async () => {
    one.respond(chatAnswer())
    two.respond(chatAnswer())
    lost = await startUpstreamStub(lostPort)
    lost.respond(chatAnswer())
    const back = lost
    const reached = async () => {
      await askMany(6)
      return back.requests.length
    }

    await expect.poll(reached, { timeout: 12_000, interval: 200 }).toBeGreaterThan(0)
  })
})
