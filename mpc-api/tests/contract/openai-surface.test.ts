import OpenAI, { APIError, BadRequestError, toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import {
  event,
  imageFrames,
  response,
  responseFrames,
  responseOpening,
  textDelta,
} from '../support/api-events.ts'
import { clientKey, startPair } from '../support/start-pair.ts'
import { json, stream, whole } from '../support/upstream-behaviours.ts'

const { gateway, upstream } = await startPair({
  MPC_PING_INTERVAL_MS: '40',
  MPC_STREAM_START_TIMEOUT_MS: '60',
})
const client = new OpenAI({ baseURL: `${gateway.url}/api/v1`, apiKey: clientKey, maxRetries: 0 })

const caught = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('it should have thrown'),
    (error: unknown) => error,
  )
const lastRequest = () => {
  const { method, path, body } = upstream.requests.at(-1)!
  return { at: `${method} ${path}`, body: body.toString() }
}

describe('the OpenAI SDK, with responses', () => {
  const ask = { model: 'scripted', input: 'Hello' }

  it('gets a whole one', async () => {
    upstream.respond(json(response))
    const { output_text, usage } = await client.responses.create(ask)

    expect(output_text).toBe('Grüß Gott')
    expect(usage?.output_tokens).toBe(87)
  })

  it.each([undefined, 90])('reads a stream of one to its end (pauses: %s ms)', async (pauseMs) => {
    upstream.respond(stream(responseFrames, pauseMs === undefined ? {} : { pauseMs }))
    const final = await client.responses.stream(ask).finalResponse()

    expect(final.output_text).toBe('Grüß Gott')
    expect(final.usage?.input_tokens).toBe(36)
  })

  it.each([
    ['reset', 'reset'],
    ['closed', 'fin'],
    ['ended without its last event', 'complete'],
  ] as const)('notices that a stream was %s in the middle', async (_, end) => {
    upstream.respond(stream([...responseOpening, textDelta('Grüß ', 3)], { end }))
    const read = async () => {
      for await (const { type } of await client.responses.create({ ...ask, stream: true }))
        expect(type).not.toBe('error')
    }
    for (const error of [await caught(read()), await caught(client.responses.stream(ask).finalResponse())]) {
      expect(error).toBeInstanceOf(APIError)
      expect(error).toMatchObject({
        code: 'LLM_ERROR',
        message: expect.stringContaining('LiteLLM') as string,
      })
    }
  })

  it('is told by the stream itself that it failed', async () => {
    const failed = {
      ...response,
      status: 'failed',
      output: [],
      error: { code: 'server_error', message: 'broke' },
    }
    upstream.respond(
      stream([...responseOpening, event('response.failed', { sequence_number: 3, response: failed })]),
    )
    const types: string[] = []
    for await (const { type } of await client.responses.create({ ...ask, stream: true })) types.push(type)

    expect(types.at(-1)).toBe('response.failed')
  })

  it('takes a stream up again, retrieves, cancels, deletes, and lists what went in', async () => {
    upstream.respond(stream(responseFrames))
    const types: string[] = []
    for await (const { type } of await client.responses.retrieve('resp_1', { stream: true })) types.push(type)
    expect(types.at(-1)).toBe('response.completed')

    upstream.respond(json(response))
    expect((await client.responses.retrieve('resp_1')).id).toBe('resp_1')
    expect((await client.responses.cancel('resp_1')).id).toBe('resp_1')
    expect(lastRequest().at).toBe('POST /v1/responses/resp_1/cancel')
    await client.responses.delete('resp_1')
    expect(lastRequest().at).toBe('DELETE /v1/responses/resp_1')
    upstream.respond(json({ object: 'list', data: [{ id: 'in_1', type: 'message' }], has_more: false }))
    const items = await client.responses.inputItems.list('resp_1', { limit: 5 })
    expect(items.data).toHaveLength(1)
    expect(lastRequest().at).toBe('GET /v1/responses/resp_1/input_items?limit=5')
  })
})

describe('the OpenAI SDK, with embeddings', () => {
  it('asks for base64 and decodes it, or takes numbers as they come', async () => {
    const base64 = Buffer.from(new Float32Array([0.5, -2]).buffer).toString('base64')
    const answerOf = (embedding: unknown) =>
      json({
        object: 'list',
        model: 'm',
        data: [{ object: 'embedding', index: 0, embedding }],
        usage: { prompt_tokens: 1, total_tokens: 1 },
      })
    upstream.respond(answerOf(base64))
    expect((await client.embeddings.create({ model: 'm', input: 'a' })).data[0]?.embedding).toEqual([0.5, -2])
    expect(lastRequest().body).toContain('"encoding_format":"base64"')

    upstream.respond(answerOf([0.25, 1]))
    const input = [[1, 2], [3]]
    const floats = await client.embeddings.create({ model: 'm', input, encoding_format: 'float' })
    expect(floats.data[0]?.embedding).toEqual([0.25, 1])
    expect(lastRequest().body).toContain('[[1,2],[3]]')
  })
})

describe('the OpenAI SDK, with pictures', () => {
  it('generates, whole and streamed', async () => {
    upstream.respond(json({ created: 1, data: [{ b64_json: 'eA==' }] }))
    expect((await client.images.generate({ model: 'm', prompt: 'x' })).data?.[0]?.b64_json).toBe('eA==')

    upstream.respond(stream(imageFrames))
    const types: string[] = []
    for await (const { type } of await client.images.generate({ model: 'm', prompt: 'x', stream: true }))
      types.push(type)
    expect(types).toEqual(['image_generation.partial_image', 'image_generation.completed'])
  })

  it('edits several at once, and varies one', async () => {
    upstream.respond(json({ created: 1, data: [{ url: 'http://a' }] }))
    const image = await toFile(Buffer.from('png'), 'a.png', { type: 'image/png' })
    await client.images.edit({ model: 'm', prompt: 'x', image: [image, image] })
    expect(lastRequest().body.split('name="image[]"')).toHaveLength(3)
    await client.images.createVariation({ image })
    expect(lastRequest().at).toBe('POST /v1/images/variations')
  })
})

describe('the OpenAI SDK, with audio', () => {
  const sound = () => toFile(Buffer.from('RIFF'), 'grüße.wav', { type: 'audio/wav' })

  it('gets speech as bytes, and is told why it gets none', async () => {
    upstream.respond(whole(Buffer.from([1, 2, 255]), { headers: { 'content-type': 'audio/mpeg' } }))
    const speech = await client.audio.speech.create({ model: 'm', voice: 'alloy', input: 'x' })
    expect(Buffer.from(await speech.arrayBuffer())).toEqual(Buffer.from([1, 2, 255]))

    upstream.respond(
      json(
        { error: { message: 'no such voice', type: 'None', param: 'voice', code: '400' } },
        { status: 400 },
      ),
    )
    const error = await caught(client.audio.speech.create({ model: 'm', voice: 'nobody', input: 'x' }))
    expect(error).toBeInstanceOf(BadRequestError)
    expect(error).toMatchObject({ param: 'voice' })
  })

  it('transcribes to JSON, to text and to a stream, and translates', async () => {
    upstream.respond(json({ text: 'Grüß Gott' }))
    expect((await client.audio.transcriptions.create({ model: 'm', file: await sound() })).text).toBe(
      'Grüß Gott',
    )
    expect((await client.audio.translations.create({ model: 'm', file: await sound() })).text).toBe(
      'Grüß Gott',
    )

    upstream.respond(whole('Grüß Gott\n', { headers: { 'content-type': 'text/plain; charset=utf-8' } }))
    expect(
      await client.audio.transcriptions.create({ model: 'm', file: await sound(), response_format: 'text' }),
    ).toBe('Grüß Gott\n')

    upstream.respond(
      stream([
        event('transcript.text.delta', { delta: 'Grüß' }),
        event('transcript.text.done', { text: 'Grüß' }),
      ]),
    )
    const types: string[] = []
    const parts = await client.audio.transcriptions.create({ model: 'm', file: await sound(), stream: true })
    for await (const { type } of parts) types.push(type)
    expect(types).toEqual(['transcript.text.delta', 'transcript.text.done'])
  })

  it('learns which field of an upload was refused', async () => {
    const error = await caught(client.audio.transcriptions.create({ model: ' ', file: await sound() }))

    expect(error).toMatchObject({ status: 400, param: 'model', code: 'BAD_REQUEST' })
  })
})

describe('the OpenAI SDK, with files and batches', () => {
  const file = {
    id: 'file-1',
    object: 'file',
    bytes: 3,
    created_at: 1,
    filename: 'a.jsonl',
    purpose: 'batch',
  }
  const batch = { id: 'batch_1', object: 'batch', status: 'validating' }

  it('uploads, lists over several pages, retrieves, downloads and deletes a file', async () => {
    upstream.respond(json(file))
    const content = await toFile(Buffer.from('{}\n'), 'a.jsonl')
    expect(
      (
        await client.files.create({
          file: content,
          purpose: 'batch',
          expires_after: { anchor: 'created_at', seconds: 3600 },
        })
      ).id,
    ).toBe('file-1')
    expect((await client.files.retrieve('file-1')).id).toBe('file-1')

    upstream.respondOnce(
      json({ object: 'list', data: [file], has_more: true }),
      json({ object: 'list', data: [{ ...file, id: 'file-2' }], has_more: false }),
    )
    const ids: string[] = []
    for await (const { id } of client.files.list({ limit: 1 })) ids.push(id)
    expect(ids).toEqual(['file-1', 'file-2'])
    expect(lastRequest().at).toContain('after=file-1')

    upstream.respond(whole('{"a":1}\n', { headers: { 'content-type': 'application/octet-stream' } }))
    expect(await (await client.files.content('file-1')).text()).toBe('{"a":1}\n')
    upstream.respond(json({ id: 'file-1', object: 'file', deleted: true }))
    expect((await client.files.delete('file-1')).deleted).toBe(true)
  })

  it('creates, retrieves, lists and cancels a batch', async () => {
    upstream.respond(json(batch))
    await client.batches.create({
      input_file_id: 'file-1',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    })
    expect((await client.batches.retrieve('batch_1')).id).toBe('batch_1')
    expect((await client.batches.cancel('batch_1')).id).toBe('batch_1')
    expect(lastRequest().at).toBe('POST /v1/batches/batch_1/cancel')
    upstream.respond(json({ object: 'list', data: [batch], has_more: false }))
    expect((await client.batches.list()).data).toHaveLength(1)
  })
})

describe('the OpenAI SDK, with the rest', () => {
  it('moderates, and completes text', async () => {
    upstream.respond(json({ id: 'm', model: 'm', results: [{ flagged: false }] }))
    expect((await client.moderations.create({ input: 'x' })).results[0]?.flagged).toBe(false)
    upstream.respond(
      json({ id: 'c', object: 'text_completion', choices: [{ index: 0, text: 'b', finish_reason: 'stop' }] }),
    )
    expect((await client.completions.create({ model: 'm', prompt: 'a' })).choices[0]?.text).toBe('b')
  })
})
