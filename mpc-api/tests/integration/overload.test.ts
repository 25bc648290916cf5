import { describe, expect, it } from 'vitest'
import { chatAnswer, textFrame } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { held, json, silence, stream } from '../support/upstream-behaviours.ts'

const failure = json({ error: { message: 'broken inside' } }, { status: 500 })

describe('LiteLLM that keeps failing', async () => {
  const { get, post, upstream } = await startPair({ MPC_BREAKER_MIN_ANSWERS: '5' })
  const circuit = async () => {
    const health = (await (await get('/health')).json()) as {
      dependencies: { litellm: { addresses: { circuit: string }[] } }
    }
    return health.dependencies.litellm.addresses[0]?.circuit
  }

  it('is left alone, with a word on when to try again, and used again once it works', async () => {
    upstream.respond(failure)
    for (let turn = 0; turn < 5; turn += 1) await expectEnvelope(await post(chatPath, ask), 502)
    const before = upstream.requests.length
    const refused = await post(chatPath, ask)

    expect(refused.headers.get('retry-after')).toBe('1')
    await expectEnvelope(refused, 503, 'SERVICE_UNAVAILABLE')
    expect(upstream.requests.length).toBe(before)
    expect(['open', 'half_open']).toContain(await circuit())

    upstream.respond(chatAnswer())
    await expect.poll(async () => (await post(chatPath, ask)).status, { timeout: 5_000 }).toBe(200)
    expect(await circuit()).toBe('closed')
  })

  it('is used again by all as soon as one answer begins, however long it takes', async () => {
    upstream.respond(failure)
    for (let turn = 0; turn < 5; turn += 1) await post(chatPath, ask)
    expect(['open', 'half_open']).toContain(await circuit())
    upstream.respond(stream([textFrame('a long answer')], { end: 'silent' }))
    const answers: Response[] = []
    await expect
      .poll(async () => answers[answers.push(await post(chatPath, askStream)) - 1]?.status, {
        timeout: 5_000,
      })
      .toBe(200)
    upstream.respond(chatAnswer())

    expect((await post(chatPath, ask)).status).toBe(200)
    for (const { body } of answers) await body?.cancel()
  })

  it('and answers some requests is not left alone', async () => {
    for (let turn = 0; turn < 12; turn += 1) {
      upstream.respondOnce(turn % 2 === 0 ? failure : chatAnswer())
      await post(chatPath, ask)
    }

    expect(await circuit()).toBe('closed')
  })
})

describe('more requests than LiteLLM may have at once', async () => {
  const { get, post, rawPost, upstream } = await startPair({
    MPC_MAX_INFLIGHT: '1',
    MPC_MAX_QUEUED: '1',
    MPC_QUEUE_TIMEOUT_MS: '400',
  })

  const waiting = async () => {
    const health = (await (await get('/health')).json()) as { requests: { waiting: number } }
    return health.requests.waiting
  }

  it('wait for their turn', async () => {
    const slow = held(chatAnswer())
    upstream.respondOnce(slow.behaviour)
    const first = post(chatPath, ask)
    await upstream.nextRequest()
    upstream.respond(chatAnswer())
    const second = post(chatPath, ask)
    slow.release()

    expect((await first).status).toBe(200)
    expect((await second).status).toBe(200)
  })

  it('are told to come back when the queue is full, or the wait too long', async () => {
    const slow = held(chatAnswer())
    upstream.respondOnce(slow.behaviour)
    const first = post(chatPath, ask)
    await upstream.nextRequest()
    for (const answer of await Promise.all([post(chatPath, ask), post(chatPath, ask)])) {
      expect(answer.headers.get('retry-after')).toBe('1')
      await expectEnvelope(answer, 503, 'SERVICE_UNAVAILABLE')
    }
    slow.release()
    expect((await first).status).toBe(200)
  })

  it('give up their place in the queue when their client leaves', async () => {
    upstream.respondOnce(silence)
    const first = await rawPost(chatPath, ask)
    const running = await upstream.nextRequest()
    const before = upstream.requests.length
    const second = await rawPost(chatPath, ask)
    await expect.poll(waiting).toBe(1)
    second.destroy()
    await expect.poll(waiting).toBe(0)
    first.destroy()
    await running.closed
    upstream.respond(chatAnswer())

    expect((await post(chatPath, ask)).status).toBe(200)
    expect(upstream.requests.length).toBe(before + 1)
  })
})
