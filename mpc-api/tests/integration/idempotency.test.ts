import { describe, expect, it } from 'vitest'
import { chatFrames, chatAnswer, doneFrame, finishFrame, textFrame } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { held, json, silence, stream } from '../support/upstream-behaviours.ts'

const { gateway, post, rawPost, upstream } = await startPair()
const withKey = (key: string) => ({ headers: { 'idempotency-key': key } })

describe('POST with an Idempotency-Key', () => {
  it('gives a retry the first answer again, without asking LiteLLM twice', async () => {
    upstream.respond(chatAnswer('first'))
    const first = await post(chatPath, ask, withKey('whole'))
    upstream.respond(chatAnswer('second'))
    const before = upstream.requests.length
    const again = await post(chatPath, ask, withKey('whole'))

    expect(await again.text()).toBe(await first.text())
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(first.headers.get('idempotency-replayed')).toBeNull()
    expect(upstream.requests.length).toBe(before)
  })

  it('replays a stream byte for byte', async () => {
    upstream.respond(stream(chatFrames('a', 'b')))
    const first = await post(chatPath, askStream, withKey('stream'))
    const bytes = await first.text()
    const again = await post(chatPath, askStream, withKey('stream'))

    expect(await again.text()).toBe(bytes)
    expect(bytes).toBe(chatFrames('a', 'b').join(''))
  })

  it('joins an answer that is still being made', async () => {
    const slow = held(chatAnswer('made once'))
    upstream.respond(slow.behaviour)
    const before = upstream.requests.length
    const first = post(chatPath, ask, withKey('join'))
    await upstream.nextRequest()
    const second = post(chatPath, ask, withKey('join'))
    slow.release()

    expect(await (await first).text()).toBe(await (await second).text())
    expect(upstream.requests.length).toBe(before + 1)
  })

  it('joins a stream in the middle and gets it from its beginning', async () => {
    upstream.respond(stream([textFrame('a'), textFrame('b'), finishFrame, doneFrame], { pauseMs: 60 }))
    const client = await rawPost(chatPath, askStream, { 'Idempotency-Key': 'join-stream' })
    await client.until('"a"')
    const joined = await (await post(chatPath, askStream, withKey('join-stream'))).text()
    const { body } = await client.answer()

    expect(joined).toBe(body.toString())
    expect(joined).toContain('[DONE]')
  })

  it('and another body is a 422 that names it', async () => {
    upstream.respond(chatAnswer())
    await post(chatPath, ask, withKey('other'))
    const answer = await post(chatPath, { ...ask, user: 'else' }, withKey('other'))

    expect(await expectEnvelope(answer, 422, 'VALIDATION_ERROR')).toMatchObject({ param: 'Idempotency-Key' })
  })

  it('does not keep a failure: the retry is made anew', async () => {
    upstream.respond(json({ error: { message: 'no' } }, { status: 500 }))
    expect((await post(chatPath, ask, withKey('failed'))).status).toBe(502)
    upstream.respond(chatAnswer())

    expect((await post(chatPath, ask, withKey('failed'))).status).toBe(200)
  })

  it('that is unusable is a 400', async () => {
    await expectEnvelope(await post(chatPath, ask, withKey('x'.repeat(256))), 400, 'BAD_REQUEST')
  })

  it('when its only client leaves, cancels the upstream request', async () => {
    upstream.respond(silence)
    const client = await rawPost(chatPath, ask, { 'Idempotency-Key': 'left' })
    const request = await upstream.nextRequest()
    const leftAt = performance.now()
    client.destroy()
    await request.closed

    expect(performance.now() - leftAt).toBeLessThan(250)
  })

  it('when one of two clients leaves, goes on for the other', async () => {
    const slow = held(chatAnswer('for the one who stayed'))
    upstream.respond(slow.behaviour)
    const leaving = await rawPost(chatPath, ask, { 'Idempotency-Key': 'two' })
    await upstream.nextRequest()
    const staying = post(chatPath, ask, withKey('two'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    leaving.destroy()
    slow.release()

    expect(await (await staying).text()).toContain('for the one who stayed')
  })

  it('is logged as a replay with what it used by the client that joined, also when the first has left', async () => {
    const slow = held(chatAnswer('counted'))
    upstream.respond(slow.behaviour)
    const leaving = await rawPost(chatPath, ask, { 'Idempotency-Key': 'logged' })
    await upstream.nextRequest()
    const staying = post(chatPath, ask, {
      headers: { ...withKey('logged').headers, 'x-request-id': 'stays-for-the-log' },
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    leaving.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    slow.release()
    await (await staying).text()
    const line = () => gateway.logs().find((each) => JSON.stringify(each).includes('stays-for-the-log'))
    await expect.poll(line).toBeDefined()

    expect(line()).toMatchObject({ replayed: true, upstreamStatus: 200, usage: expect.anything() as unknown })
  })
})
