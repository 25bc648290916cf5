import { describe, expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { scriptDraft, scriptRequest, streams, tokensOfOne, writes } from '../support/generation-drafts.ts'
import { startPair } from '../support/start-pair.ts'
import { silence } from '../support/upstream-behaviours.ts'
import { within } from '../support/within.ts'

const { gateway, post, rawPost, upstream } = await startPair({ MPC_GENERATE_MODEL: 'writer' })

const lastLog = () => gateway.logs().at(-1)

describe('POST /generate/script, when the client leaves', () => {
  it.each([false, true])('during the first turn (stream: %s), cancels it within 250 ms', async (stream) => {
    upstream.respond(silence)
    const client = await rawPost('/generate/script', { ...scriptRequest, stream })
    const request = await upstream.nextRequest()
    const leftAt = performance.now()
    client.destroy()

    const closedAt = await within(2_000, request.closed, 'the upstream request was never cancelled')
    expect(closedAt - leftAt).toBeLessThan(250)
    await expect.poll(lastLog).toMatchObject({ outcome: 'client_gone' })
    expect(upstream.requests).toHaveLength(1)
  })

  it('during the repair, cancels it within 250 ms, and logs what the first turn used', async () => {
    upstream.respondOnce(writes('no'))
    upstream.respond(silence)
    const client = await rawPost('/generate/script', scriptRequest)
    await upstream.nextRequest()
    const request = await upstream.nextRequest()
    const leftAt = performance.now()
    client.destroy()

    expect((await within(2_000, request.closed, 'never cancelled')) - leftAt).toBeLessThan(250)
    await expect
      .poll(lastLog)
      .toMatchObject({ outcome: 'client_gone', usage: { output: tokensOfOne.output }, costMicroUsd: null })
  })
})

describe('POST /generate/script with an Idempotency-Key', () => {
  const init = (key: string) => ({ headers: { 'idempotency-key': key } })

  it.each([false, true])(
    'a retry gets the first answer again and costs nothing (stream: %s)',
    async (stream) => {
      upstream.respond(stream ? streams(scriptDraft) : writes(scriptDraft))
      const body = { ...scriptRequest, stream }
      const first = await (await post('/generate/script', body, init(`once-${stream}`))).text()
      const again = await post('/generate/script', body, init(`once-${stream}`))

      expect(again.headers.get('idempotency-replayed')).toBe('true')
      expect(await again.text()).toBe(first)
      expect(upstream.requests).toHaveLength(1)
    },
  )

  it('a failed generation is not kept', async () => {
    upstream.respondOnce(writes('no'), writes('no'), writes(scriptDraft))
    await expectEnvelope(
      await post('/generate/script', scriptRequest, init('failed')),
      500,
      'GENERATION_FAILED',
    )
    expect((await post('/generate/script', scriptRequest, init('failed'))).status).toBe(200)
  })

  it('of another request is 422', async () => {
    upstream.respond(writes(scriptDraft))
    await post('/generate/script', scriptRequest, init('other'))
    await expectEnvelope(
      await post('/generate/script', { topic: 'Other' }, init('other')),
      422,
      'VALIDATION_ERROR',
    )
  })

  it('still cancels the upstream request within 250 ms when the only client leaves', async () => {
    upstream.respondOnce(writes('no'))
    upstream.respond(silence)
    const client = await rawPost('/generate/script', scriptRequest, { 'idempotency-key': 'left' })
    await upstream.nextRequest()
    const request = await upstream.nextRequest()
    const leftAt = performance.now()
    client.destroy()

    expect((await within(2_000, request.closed, 'never cancelled')) - leftAt).toBeLessThan(250)
    await expect
      .poll(lastLog)
      .toMatchObject({ outcome: 'client_gone', usage: { output: tokensOfOne.output } })
  })
})
