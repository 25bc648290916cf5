import { describe, expect, it } from 'vitest'
import {
  event,
  imageFrames,
  response,
  responseFrames,
  responseOpening,
  textDelta,
} from '../support/api-events.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { contentType, multipart } from '../support/multipart-body.ts'
import { startPair } from '../support/start-pair.ts'
import { json, silence, stream } from '../support/upstream-behaviours.ts'
import { type Behaviour } from '../support/upstream-stub.ts'

const { auth, gateway, get, post, rawPost, upstream } = await startPair({
  MPC_PING_INTERVAL_MS: '60',
  MPC_STREAM_START_TIMEOUT_MS: '80',
  MPC_IDLE_TIMEOUT_MS: '500',
  MPC_FIRST_BYTE_TIMEOUT_MS: '600',
})

const messages = [{ role: 'user', content: 'Hello' }]
const messageFrames = [
  event('message_start', {
    message: { id: 'msg_1', usage: { input_tokens: 25, output_tokens: 1, cache_read_input_tokens: 3 } },
  }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Grüß Gott' } }),
  event('message_delta', { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 15 } }),
  event('message_stop'),
]
const speechFrames = [
  event('speech.audio.delta', { audio: 'eA==' }),
  event('speech.audio.done', { usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 } }),
]

interface Family {
  readonly path: string
  readonly body: object
  readonly frames: readonly string[]
  /** The usage of those frames in the access log. */
  readonly usage: object
  /** The line before an error's data. */
  readonly errorLine: '' | 'event: error\n'
}

const families: Record<string, Family> = {
  responses: {
    path: '/api/responses',
    body: { model: 'm', input: 'Hello', stream: true },
    frames: responseFrames,
    usage: { input: 20, cacheRead: 16, output: 87, reasoning: 64 },
    errorLine: 'event: error\n',
  },
  messages: {
    path: '/api/v1/messages',
    body: { model: 'm', max_tokens: 9, messages, stream: true },
    frames: messageFrames,
    usage: { input: 25, cacheRead: 3, output: 15 },
    errorLine: 'event: error\n',
  },
  images: {
    path: '/api/images/generations',
    body: { model: 'm', prompt: 'x', stream: true },
    frames: imageFrames,
    usage: { input: 50, output: 4160 },
    errorLine: '',
  },
  speech: {
    path: '/api/audio/speech',
    body: { model: 'm', input: 'Grüß', voice: 'a', stream_format: 'sse' },
    frames: speechFrames,
    usage: { input: 14, output: 101, characters: 4 },
    errorLine: '',
  },
}

/** The answer as it is on the wire, and whether its end was announced. */
async function read(path: string, body: object) {
  const client = await rawPost(path, body)
  const { status, headers, body: bytes, complete } = await client.answer()
  return { status, headers, complete, text: bytes.toString() }
}

const withoutPings = (text: string) => text.replaceAll(': ping\n\n', '')

describe.each(Object.entries(families))(
  'a stream of %s',
  (name, { path, body, frames, usage, errorLine }) => {
    const half = frames.slice(0, 1)
    const lastCut = [...half, frames.at(-1)!.slice(0, -12)]
    const lastFrame = (text: string) => withoutPings(text).split('\n\n').at(-2)!

    it('passes byte for byte, and is logged with its usage', async () => {
      upstream.respond(stream(frames))
      const answer = await post(path, body, { headers: { 'x-request-id': `stream-${name}` } })

      expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/)
      expect(withoutPings(await answer.text())).toBe(frames.join(''))
      const entry = () => gateway.logs().find((line) => line['id'] === `stream-${name}`)
      await expect.poll(entry).toMatchObject({ stream: true, usage, outcome: 'completed' })
      expect(upstream.requests[0]?.body.toString()).toBe(JSON.stringify(body))
    })

    it('is pinged in its silences, between frames only', async () => {
      upstream.respond(stream(frames, { pauseMs: 150 }))
      const { text, complete } = await read(path, body)

      expect(complete).toBe(true)
      expect(text).toContain(': ping\n\n')
      expect(withoutPings(text)).toBe(frames.join(''))
    })

    it.each([
      ['is reset', stream(half, { end: 'reset' })],
      ['is closed', stream(half, { end: 'fin' })],
      ['ends before its last event', stream(half)],
      ['ends inside its last event', stream(lastCut)],
      ['falls silent', stream(half, { end: 'silent' })],
    ] as [string, Behaviour][])(
      'that %s ends in an error of its own kind, and is visibly cut',
      async (_, behaviour) => {
        upstream.respond(behaviour)
        const { status, text, complete } = await read(path, body)

        expect(status).toBe(200)
        expect(complete).toBe(false)
        const frame = lastFrame(text)
        expect(`${frame}\n\n`).toMatch(new RegExp(`^${errorLine}data: \\{`))
        expect(text).not.toContain('[DONE]')
        const payload = JSON.parse(frame.slice(frame.indexOf('{'))) as Record<string, unknown>
        if (name === 'responses')
          expect(payload).toMatchObject({ type: 'error', sequence_number: 1, param: null })
        else expect(payload).toHaveProperty('error.message')
      },
    )

    it('that LiteLLM reports as failed in the middle carries its words, and ends there', async () => {
      const bare = 'data: {"error":{"message":"overloaded","type":"api_error","param":null,"code":"500"}}\n\n'
      upstream.respond(stream([...half, `\n${bare}`, ...frames.slice(1)]))
      const { text, complete } = await read(path, body)

      expect(withoutPings(text)).toBe(`${half.join('')}\n${errorLine}${bare}`)
      expect(complete).toBe(false)
    })

    it.each(['event: overloaded\n', 'id: 7\nevent: overloaded\n: why\n'])(
      'that LiteLLM reports as failed by another name, %j, tells it as its clients read it',
      async (lines) => {
        const data =
          'data: {"error":{"message":"overloaded","type":"api_error","param":null,"code":"500"}}\n\n'
        upstream.respond(stream([...half, lines + data]))
        const { text, complete } = await read(path, body)

        expect(withoutPings(text)).toBe(half.join('') + errorLine + data)
        expect(complete).toBe(false)
      },
    )

    it.each([
      ['429', 429],
      ['500', 502],
    ])('that begins with an error %s has that status, not 200', async (code, status) => {
      upstream.respond(
        stream([`data: {"error":{"message":"x","type":"None","param":"None","code":"${code}"}}\n\n`]),
      )

      await expectEnvelope(await post(path, body), status)
    })

    it('that never begins ends in an error after its pings', async () => {
      upstream.respond(silence)
      const { text, complete } = await read(path, body)

      expect(text).toMatch(/^: ping\n\n/)
      expect(text).toContain('MPC_FIRST_BYTE_TIMEOUT_MS')
      expect(complete).toBe(false)
    })

    it('that LiteLLM answers in one piece is a whole answer', async () => {
      upstream.respond(json({ object: 'whole' }))

      expect(await (await post(path, body)).json()).toEqual({ object: 'whole' })
    })
  },
)

it.each(['images', 'speech'])('a stream of %s that ends in one line end more is complete', async (name) => {
  const { path, body, frames } = families[name]!
  upstream.respond(stream([...frames, '\n']))
  const { text, complete } = await read(path, body)

  expect(withoutPings(text)).toBe(frames.join(''))
  expect(complete).toBe(true)
})

describe('a Responses stream', () => {
  const failure = { type: 'error', code: '429', message: 'zu viel, später', param: null, sequence_number: 2 }

  it('that OpenAI itself reports as failed has the error also where its SDKs look for it', async () => {
    upstream.respond(stream([...responseOpening, `event: error\ndata: ${JSON.stringify(failure)}\n\n`]))
    const { text, complete } = await read('/api/responses', families['responses']!.body)
    const error = { message: 'zu viel, später', type: 'api_error', param: null, code: '429' }

    expect(text).toBe(
      `${responseOpening.join('')}event: error\ndata: ${JSON.stringify({ ...failure, error })}\n\n`,
    )
    expect(complete).toBe(false)
  })

  it('that begins so has the status that it names', async () => {
    upstream.respond(stream([`event: error\ndata: ${JSON.stringify(failure)}\n\n`]))
    const response = await post('/api/responses', families['responses']!.body)

    expect((await expectEnvelope(response, 429)).message).toBe('zu viel, später')
  })

  it.each(['response.incomplete', 'response.failed'])(
    'that ends in %s is complete: the event says why',
    async (type) => {
      const last = event(type, { sequence_number: 4, response: { ...response, status: type.slice(9) } })
      upstream.respond(stream([...responseOpening, last], { end: 'silent' }))
      const { text, complete } = await read('/api/responses', families['responses']!.body)

      expect(text).toBe(responseOpening.join('') + last)
      expect(complete).toBe(true)
    },
  )

  it('counts its own error on from the events that the client has had, comments aside', async () => {
    upstream.respond(stream([...responseOpening, ': hello\n\n\n', textDelta('a', 3)], { end: 'reset' }))
    const { text } = await read('/api/responses', families['responses']!.body)

    expect(text).toContain('"sequence_number":4}')
  })

  it('can be taken up again: GET /api/responses/{id}?stream=true', async () => {
    upstream.respond(stream(responseFrames))
    const answer = await get('/api/v1/responses/resp_1?stream=true&starting_after=2')

    expect(withoutPings(await answer.text())).toBe(responseFrames.join(''))
    expect(upstream.requests[0]?.path).toBe('/v1/responses/resp_1?stream=true&starting_after=2')
    upstream.respond(stream(responseOpening, { end: 'fin' }))
    await expect(get('/api/responses/resp_1?stream=true').then((cut) => cut.text())).rejects.toThrow()
  })
})

describe('a Messages answer', () => {
  it('has its request-id, and an error body of its own, whatever fails', async () => {
    const ask = { model: 'm', max_tokens: 9, messages }
    const failures: [Behaviour, object, number][] = [
      [
        json({ error: { message: 'x', type: 'None', param: 'None', code: '404' } }, { status: 404 }),
        ask,
        404,
      ],
      [json({}, { status: 500 }), ask, 502],
      [json({}), { ...ask, messages: [] }, 400],
    ]
    for (const path of ['/api/v1/messages', '/v1/messages/count_tokens']) {
      for (const [behaviour, body, status] of failures) {
        upstream.respond(behaviour)
        const answer = await post(path, body)
        const id = answer.headers.get('x-request-id')

        expect(answer.headers.get('request-id')).toBe(id)
        expect(await answer.clone().json()).toMatchObject({ type: 'error', request_id: id })
        await expectEnvelope(answer, status)
      }
    }
  })

  it('passes what names the API: anthropic-version, anthropic-beta and ?beta=true', async () => {
    upstream.respond(json({ input_tokens: 7 }))
    const headers = { 'anthropic-version': '2026-10-21', 'anthropic-beta': 'tools' }
    await post('/api/v1/messages/count_tokens?beta=true', { model: 'm', messages }, { headers })

    expect(upstream.requests[0]).toMatchObject({ path: '/v1/messages/count_tokens?beta=true', headers })
  })
})

describe('a transcript', () => {
  it('is streamed when its provider streams it, with its usage', async () => {
    const frames = [
      event('transcript.text.delta', { delta: 'Grüß' }),
      event('transcript.text.done', {
        text: 'Grüß',
        usage: { type: 'tokens', input_tokens: 14, output_tokens: 45, total_tokens: 59 },
      }),
    ]
    upstream.respond(stream(frames))
    const body = multipart(['model', 'm'], ['stream', 'true'], ['file', Buffer.from('x')]).bytes
    const headers = { ...auth, 'content-type': contentType, 'x-request-id': 'transcript' }
    const answer = await fetch(`${gateway.url}/api/audio/transcriptions`, { method: 'POST', headers, body })

    expect(withoutPings(await answer.text())).toBe(frames.join(''))
    const entry = () => gateway.logs().find((line) => line['id'] === 'transcript')
    await expect.poll(entry).toMatchObject({ stream: true, usage: { input: 14, output: 45 } })
  })
})

describe('several pictures', () => {
  const pictures = [
    event('image_generation.completed', { b64_json: 'AAAA' }),
    event('image_generation.partial_image', { b64_json: 'BBBB', partial_image_index: 0 }),
  ]
  const generate = () => read('/api/images/generations', { model: 'm', prompt: 'p', n: 2, stream: true })

  it('are not complete while one of them is not', async () => {
    upstream.respond(stream(pictures))
    const { text, complete } = await generate()

    expect(complete).toBe(false)
    expect(text).toContain('"error"')
  })

  it('are complete once all are', async () => {
    const all = [...pictures, event('image_generation.completed', { b64_json: 'BBBB' })]
    upstream.respond(stream(all))

    expect(await generate()).toMatchObject({ text: all.join(''), complete: true })
  })
})
