import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDemoUpstream } from './demo-upstream.ts'

const server = createDemoUpstream()
let base = ''

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const post = (path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })

const hello = [{ role: 'user', content: 'Grüß Gott 👋' }]

/** The payloads of all `data:` lines of a stream, parsed where they are JSON. */
async function readData(response: Response): Promise<Record<string, unknown>[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data: {'))
  return lines.map((line) => JSON.parse(line.slice('data: '.length)) as Record<string, unknown>)
}

describe.each(['', '/v1'])('the demo upstream under "%s"', (prefix) => {
  it('GET /models lists the three demo models and says whose they are', async () => {
    const { data } = (await (await fetch(`${base}${prefix}/models`)).json()) as { data: object[] }

    expect(data).toMatchObject([{ id: 'demo-echo' }, { id: 'demo-slow' }, { id: 'demo-embedding' }])
    expect(data).toEqual(data.map((model) => ({ ...model, owned_by: 'mpc-api-demo-upstream' })))
  })

  it('GET /models/{id} finds one model, and 404 otherwise', async () => {
    expect((await fetch(`${base}${prefix}/models/demo-echo`)).status).toBe(200)
    expect((await fetch(`${base}${prefix}/models/gpt-9`)).status).toBe(404)
  })

  it('GET /health/liveliness and /health/readiness answer without spending anything', async () => {
    expect(await (await fetch(`${base}${prefix}/health/liveliness`)).json()).toBe("I'm alive!")
    expect((await fetch(`${base}${prefix}/health/readiness`)).status).toBe(200)
  })

  it('POST /chat/completions echoes what was said, says that it is no model, and names the cost', async () => {
    const sent = { model: 'demo-echo', messages: hello }
    const response = await post(`${prefix}/chat/completions`, sent, { 'x-litellm-call-id': 'call-7' })

    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: expect.stringMatching(/demo upstream.*Grüß Gott 👋$/) as string } }],
      usage: { prompt_tokens: 3 },
    })
    expect(response.headers.get('x-litellm-call-id')).toBe('call-7')
    expect(Number(response.headers.get('x-litellm-response-cost'))).toBeGreaterThan(0)
    expect(response.headers.get('x-demo-upstream')).toContain('stand-in')
  })
})

describe('POST /chat/completions, streamed', () => {
  it('sends the role, the pieces, the finish reason and [DONE], without usage unless it is asked for', async () => {
    const response = await post('/v1/chat/completions', { model: 'demo-echo', messages: hello, stream: true })
    const text = await response.clone().text()
    const chunks = await readData(response)

    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
    expect(chunks.at(-1)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop' }] })
    expect(text).not.toContain('usage')
  })

  it('ends with usage and cost when stream_options.include_usage says so', async () => {
    const stream_options = { include_usage: true }
    const sent = { model: 'demo-echo', messages: hello, stream: true, stream_options }
    const last = (await readData(await post('/v1/chat/completions', sent))).at(-1)

    expect(last).toMatchObject({ choices: [{ index: 0, delta: {} }], usage: { prompt_tokens: 3 } })
    expect(last).toHaveProperty('usage.cost', expect.any(Number))
  })

  it('keeps to max_tokens and says so', async () => {
    const sent = { model: 'demo-echo', messages: hello, max_tokens: 3 }
    const whole = await (await post('/chat/completions', sent)).json()

    expect(whole).toMatchObject({ choices: [{ finish_reason: 'length' }], usage: { completion_tokens: 3 } })
  })
})

describe('POST /completions', () => {
  it('answers whole and streamed with the same text', async () => {
    const sent = { model: 'demo-echo', prompt: 'one two three' }
    const whole = (await (await post('/v1/completions', sent)).json()) as { choices: [{ text: string }] }
    const chunks = await readData(await post('/v1/completions', { ...sent, stream: true }))
    const texts = chunks.map((chunk) => (chunk['choices'] as [{ text: string }])[0].text)

    expect(texts.join('')).toBe(whole.choices[0].text)
  })
})

describe('POST /embeddings', () => {
  const embed = async (input: unknown, more: object = {}) => {
    const response = await post('/v1/embeddings', { model: 'demo-embedding', input, ...more })
    return (await response.json()) as { data: { embedding: number[] | string }[] }
  }

  it('answers one unit vector per input, the same each time', async () => {
    const first = await embed(['the cat sat', 'quarterly figures', [1, 2, 3]])

    expect(await embed(['the cat sat', 'quarterly figures', [1, 2, 3]])).toEqual(first)
    expect(first.data.map(({ embedding }) => Math.hypot(...(embedding as number[])))).toEqual([
      expect.closeTo(1, 5),
      expect.closeTo(1, 5),
      expect.closeTo(1, 5),
    ])
  })

  it('places texts that share words near each other', async () => {
    const { data } = await embed(['the cat sat here', 'a cat sat there', 'quarterly figures'])
    const [cat, otherCat, figures] = data.map(({ embedding }) => embedding as number[])
    const dot = (a: number[], b: number[]) => a.reduce((sum, part, index) => sum + part * (b[index] ?? 0), 0)

    expect(dot(cat!, otherCat!)).toBeGreaterThan(dot(cat!, figures!) + 0.2)
  })

  it('encodes the same vector in base64 and honours dimensions', async () => {
    const floats = await embed('hello', { dimensions: 8 })
    const encoded = await embed('hello', { dimensions: 8, encoding_format: 'base64' })
    const bytes = Buffer.from(encoded.data[0]!.embedding as string, 'base64')
    const decoded = Array.from({ length: 8 }, (_, index) => bytes.readFloatLE(index * 4))

    expect(bytes).toHaveLength(32)
    expect(decoded).toEqual(floats.data[0]?.embedding)
  })
})

describe('POST /responses', () => {
  it('streams every event of a text answer, numbered, and the whole answer last', async () => {
    const sent = { model: 'demo-echo', input: 'hi', stream: true, max_output_tokens: 2 }
    const events = await readData(await post('/v1/responses', sent))

    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.incomplete',
    ])
    expect(events.map((event) => event['sequence_number'])).toEqual(events.map((_, index) => index))
    expect(events.at(-1)).toMatchObject({ response: { usage: { output_tokens: 2 } } })
  })

  it('answers whole', async () => {
    const whole = await (await post('/responses', { model: 'demo-echo', input: 'hi' })).json()

    expect(whole).toMatchObject({ object: 'response', status: 'completed', output: [{ type: 'message' }] })
  })
})

describe('POST /v1/messages', () => {
  const sent = { model: 'demo-echo', max_tokens: 2, messages: hello }

  it('streams the events of Anthropic, with usage in message_delta', async () => {
    const events = await readData(await post('/v1/messages', { ...sent, stream: true }))

    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 2 } })
  })

  it('answers whole', async () => {
    expect(await (await post('/v1/messages', sent)).json()).toMatchObject({
      type: 'message',
      content: [{ type: 'text' }],
      stop_reason: 'max_tokens',
    })
  })
})

describe('what the demo upstream refuses comes in the error shape of LiteLLM', () => {
  it.each([
    ['an unknown model', { model: 'gpt-9', messages: hello }, 'model'],
    ['a model of another kind', { model: 'demo-embedding', messages: hello }, 'model'],
    ['no messages', { model: 'demo-echo' }, 'messages'],
  ])('%s: 400 invalid_request_error', async (_, body, param) => {
    const response = await post('/v1/chat/completions', body)

    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: { message: expect.any(String) as string, type: 'invalid_request_error', param, code: '400' },
    })
  })

  it('a path it does not serve: 404', async () => {
    expect((await post('/key/generate', {})).status).toBe(404)
  })

  it('a body that is no JSON: 400', async () => {
    expect((await fetch(`${base}/chat/completions`, { method: 'POST', body: '{' })).status).toBe(400)
  })
})
