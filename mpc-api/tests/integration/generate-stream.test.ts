import { describe, expect, it } from 'vitest'
import { doneFrame, frame, textFrame } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { scriptDraft, scriptRequest, streams, writes } from '../support/generation-drafts.ts'
import { readPayloads } from '../support/read-sse.ts'
import { startPair } from '../support/start-pair.ts'
import { after, json, silence, stream } from '../support/upstream-behaviours.ts'
import { within } from '../support/within.ts'

// Short enough that pings and early headers happen in these tests too.
const { gateway, post, rawPost, upstream } = await startPair({
  MPC_GENERATE_MODEL: 'writer',
  MPC_PING_INTERVAL_MS: '50',
  MPC_STREAM_START_TIMEOUT_MS: '50',
})
const path = '/generate/script'
const body = { ...scriptRequest, stream: true }
const typesOf = (text: string) => readPayloads(text).map((event) => event['type'])

describe('POST /generate/script with stream: true', () => {
  it('tells progress and finished parts, and ends with the whole validated result', async () => {
    upstream.respond(streams(scriptDraft))
    const response = await post(path, body)
    const text = await response.text()
    const events = readPayloads(text)

    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    expect(events.slice(0, -1)).toEqual([
      { type: 'progress', stage: 'writing', turn: 1 },
      { type: 'part', turn: 1, path: 'title', value: scriptDraft.title },
      { type: 'part', turn: 1, path: 'sections[0]', value: scriptDraft.sections[0] },
      { type: 'part', turn: 1, path: 'sections[1]', value: scriptDraft.sections[1] },
    ])
    expect(events.at(-1)).toMatchObject({
      type: 'result',
      success: true,
      data: { result: { wordCount: 150 }, usage: { turns: 1, costMicroUsd: 123, totalTokens: 18 } },
    })
    expect(text).not.toMatch(/^(?:event|id):/m)
  })

  it('asks LiteLLM for a stream with its usage', async () => {
    upstream.respond(streams(scriptDraft))
    await (await post(path, body)).text()
    expect(JSON.parse(upstream.requests[0]!.body.toString())).toMatchObject({
      stream: true,
      stream_options: { include_usage: true },
      response_format: { type: 'json_schema' },
    })
  })

  it('says a part as soon as it is written', async () => {
    const text = JSON.stringify(scriptDraft)
    const half = text.indexOf('},{') + 2
    upstream.respond(stream([textFrame(text.slice(0, half))], { end: 'silent' }))
    const client = await rawPost(path, body)
    await client.until('"sections[0]"')
  })

  it('works with a LiteLLM that answers whole', async () => {
    upstream.respond(writes(scriptDraft))
    expect(typesOf(await (await post(path, body)).text())).toEqual([
      'progress',
      'part',
      'part',
      'part',
      'result',
    ])
  })

  it('sends pings while nothing is written', async () => {
    upstream.respond(after(250, streams(scriptDraft)))
    const text = await (await post(path, body)).text()
    expect(text.match(/^: ping\n\n/gm)!.length).toBeGreaterThan(2)
    expect(typesOf(text).at(-1)).toBe('result')
  })

  it('says what is repaired, and numbers the parts of each turn', async () => {
    upstream.respondOnce(
      streams({ ...scriptDraft, sections: scriptDraft.sections.slice(1) }),
      streams(scriptDraft),
    )
    const events = readPayloads(await (await post(path, body)).text())

    expect(events.find((event) => event['stage'] === 'repairing')).toMatchObject({
      turn: 2,
      problems: [{ path: 'sections[0].role' }, { path: 'sections' }, { path: 'sections' }],
    })
    expect(events.filter(({ type, turn }) => type === 'part' && turn === 2)).toHaveLength(3)
    expect(events.at(-1)).toMatchObject({ type: 'result', data: { usage: { turns: 2, costMicroUsd: 246 } } })
  })

  it.each([
    ['422', { stream: true }, streams(scriptDraft), 422],
    ['LiteLLM’s 400', body, json({ error: { message: 'no such model' } }, { status: 400 }), 400],
    ['LiteLLM’s 500', body, json({}, { status: 500 }), 502],
    ['an error in the first frame', body, stream([frame({ error: { message: 'busy', code: 503 } })]), 503],
    ['an empty stream', body, stream([]), 502],
  ])('%s before the first word keeps its status', async (_, request, behaviour, status) => {
    upstream.respond(behaviour)
    await expectEnvelope(await post(path, request), status)
  })

  it.each([
    [
      'LiteLLM fails',
      stream([textFrame('{"ti'), frame({ error: { message: 'x', code: '500' } })]),
      'LLM_ERROR',
    ],
    ['the connection to LiteLLM is lost', stream([textFrame('{"ti')], { end: 'reset' }), 'LLM_ERROR'],
    ['LiteLLM ends too early', stream([textFrame('{"ti')]), 'LLM_ERROR'],
    ['the model cannot do it', streams('I would rather not.'), 'GENERATION_FAILED'],
    ['a frame is no JSON', stream([textFrame('{'), 'data: {"choices":\n\n', doneFrame]), 'LLM_ERROR'],
    ['headers went out early', after(150, json({}, { status: 500 })), 'LLM_ERROR'],
  ])('when %s after that, ends with an error frame and a cut connection', async (_, behaviour, code) => {
    upstream.respond(behaviour)
    const client = await rawPost(path, body)
    await client.closed(3_000)
    const answer = client.answers()[0]!

    expect(answer.status).toBe(200)
    expect(answer.complete).toBe(false)
    expect(readPayloads(answer.body).at(-1)).toMatchObject({
      error: { code, requestId: answer.headers['x-request-id'] },
    })
    await expect.poll(() => gateway.logs().at(-1)).toMatchObject({ outcome: 'failed', error: code })
  })

  it('cancels the upstream request within 250 ms when the client leaves between two parts', async () => {
    const text = JSON.stringify(scriptDraft)
    upstream.respond(stream([textFrame(text.slice(0, text.indexOf('},{') + 2))], { end: 'silent' }))
    const client = await rawPost(path, body)
    const request = await upstream.nextRequest()
    await client.until('"sections[0]"')
    const leftAt = performance.now()
    client.destroy()

    expect((await within(2_000, request.closed, 'never cancelled')) - leftAt).toBeLessThan(250)
    await expect.poll(() => gateway.logs().at(-1)).toMatchObject({ outcome: 'client_gone' })
  })

  it('cancels the upstream request within 250 ms when the client leaves after early headers', async () => {
    upstream.respond(silence)
    const client = await rawPost(path, body)
    const request = await upstream.nextRequest()
    await client.until(': ping')
    const leftAt = performance.now()
    client.destroy()

    expect((await within(2_000, request.closed, 'never cancelled')) - leftAt).toBeLessThan(250)
  })
})
