import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createDemoUpstream } from '../../src/demo-upstream/demo-upstream.ts'
import { endpointTable } from '../../src/proxy/endpoint-table.ts'
import { firstExample } from '../../src/services/contract/flatten-contract.ts'
import { type ListedOperation, listOperations } from '../../src/services/contract/list-operations.ts'
import { readContract } from '../../src/services/contract/read-contract.ts'
import { expectContract } from '../support/expect-contract.ts'
import {
  metadataDraft,
  metadataRequest,
  scriptDraft,
  scriptRequest,
  streams,
  thumbnailDraft,
  thumbnailRequest,
  writes,
} from '../support/generation-drafts.ts'
import { readPayloads } from '../support/read-sse.ts'
import { startGateway } from '../support/start-gateway.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { json, resetAtOnce, silence, stream, whole } from '../support/upstream-behaviours.ts'
import { chatFrames, eitherChat, textFrame } from '../support/chat-frames.ts'

const pair = await startPair({
  MPC_MAX_BODY_BYTES: '20000',
  MPC_FIRST_BYTE_TIMEOUT_MS: '200',
  MPC_STREAM_START_TIMEOUT_MS: '5000',
})
const { gateway, get, post, upstream } = pair

const operations = listOperations(await readContract())
const anonymous = (path: string) => path.replace(/\{[^}]+\}/g, '{}')
const forwarded = endpointTable.map(({ method, route }) =>
  operations.find(
    (operation) =>
      operation.method === method.toLowerCase() && anonymous(operation.path) === anonymous(route),
  )!,
)

/** Calls an operation as its own first example does. */
function call(operation: ListedOperation): Promise<Response> {
  const path = operation.fullPath.replace(/\{[^}]+\}/g, 'id-1')
  const [first] = Object.entries(operation.requestBody?.content ?? {})
  if (first === undefined) return get(path, { method: operation.method.toUpperCase() })
  const body = firstExample(first[1])
  if (first[0] === 'application/json') return post(path, body)
  const form = new FormData()
  for (const [name, value] of Object.entries(body as Record<string, string | number>)) {
    if (String(value).startsWith('@')) form.set(name, new Blob(['bytes']), String(value).slice(1))
    else form.set(name, String(value))
  }
  return get(path, { method: 'POST', body: form })
}

async function readUntilCut(body: ReadableStream<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of body) chunks.push(chunk)
  } catch {
    return Buffer.concat(chunks).toString()
  }
  return expect.unreachable('the connection should have been cut')
}

describe('what LiteLLM answers comes down as the contract says', () => {
  it.each(forwarded)('$operationId, called as its example shows', async (operation) => {
    const [type, media] = Object.entries(operation.responses['200']!.content!)[0]!
    const example = firstExample(media) ?? 'ID3'
    const body = typeof example === 'string' ? example : JSON.stringify(example)
    upstream.respond(whole(body, { headers: { 'content-type': type } }))

    const text = await expectContract(operation.operationId, await call(operation))
    expect(text).toBe(body)
  })

  it.each(
    forwarded.filter(({ responses }) => responses['200']?.content?.['text/event-stream'] !== undefined),
  )('$operationId as a stream', async (operation) => {
    const media = operation.responses['200']!.content!['text/event-stream']!
    upstream.respond(stream([media.example as string]))
    const path = operation.fullPath.replace(/\{[^}]+\}/g, 'id-1')
    const [type, asked] = Object.entries(operation.requestBody?.content ?? {})[0] ?? []
    const response =
      type === 'application/json'
        ? await post(path, { ...(firstExample(asked!) as object), stream: true })
        : type === undefined
          ? await get(`${path}?stream=true`)
          : await call(operation)

    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    await expectContract(operation.operationId, response)
  })
})

describe('failures have the envelope of the contract', () => {
  const openai = (status: number, fields: object = {}) =>
    json({ error: { message: 'No.', type: 'x', param: null, code: String(status), ...fields } }, { status })
  const refused = async (response: Promise<Response>, status: number) => {
    const answer = await response
    expect(answer.status).toBe(status)
    await expectContract('createChatCompletion', answer)
  }

  it.each([400, 401, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504])('LiteLLM says %i', async (status) => {
    upstream.respond(openai(status))
    const answer = await post(chatPath, ask)
    expect(answer.ok).toBe(false)
    await expectContract('createChatCompletion', answer)
  })

  it.each([
    ['HTML', whole('<html>', { headers: { 'content-type': 'text/html' } })],
    ['broken JSON', whole('{"a":')],
    ['nothing', resetAtOnce],
  ])('LiteLLM says %s', async (_, behaviour) => {
    upstream.respond(behaviour)
    await refused(post(chatPath, ask), 502)
  })

  it('LiteLLM says nothing in time', async () => {
    upstream.respond(silence)
    await refused(post(chatPath, ask), 504)
  })

  it('no key', async () => {
    await refused(fetch(gateway.url + chatPath, { method: 'POST' }), 401)
  })

  it.each<[string, unknown, number]>([
    ['no model', { messages: [] }, 400],
    ['broken JSON', '{', 400],
    ['too large', { ...ask, padding: 'x'.repeat(30_000) }, 413],
  ])('a body with %s', async (_, body, status) => {
    await refused(post(chatPath, body), status)
  })

  it('a body of another type', async () => {
    await refused(post(chatPath, 'a=b', { headers: { 'content-type': 'text/plain' } }), 415)
  })

  it('another method', async () => {
    await refused(get(chatPath), 405)
  })

  it('a model that is not there', async () => {
    upstream.respond(json({ object: 'list', data: [] }))
    const response = await get('/api/models/nobody')
    expect(response.status).toBe(404)
    await expectContract('getModel', response)
  })

  it('a stream that breaks off', async () => {
    upstream.respond(stream([textFrame('a')], { end: 'fin' }))
    const { status, headers, body } = await post(chatPath, askStream)
    const text = await readUntilCut(body!)
    await expectContract('createChatCompletion', new Response(text, { status, headers }))
    expect(readPayloads(text).at(-1)).toHaveProperty('error')
  })

  it('Anthropic clients find the request id in both places', async () => {
    upstream.respond(openai(429))
    const response = await post('/api/v1/messages', { ...ask, max_tokens: 5 })
    const body = JSON.parse(await expectContract('createMessage', response)) as { request_id: string }

    expect(body.request_id).toBe(response.headers.get('request-id'))
  })
})

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'order-1' }

  it('a repeated request gets the first answer, marked as the contract says', async () => {
    upstream.respond(eitherChat)
    await expectContract('createChatCompletion', await post(chatPath, ask, { headers }))
    const again = await post(chatPath, ask, { headers })
    await expectContract('createChatCompletion', again)

    expect(again.headers.get('idempotency-replayed')).toBe('true')
    expect(upstream.requests).toHaveLength(1)
  })

  it('content is not written twice either', async () => {
    const body = { model: 'writer', ...scriptRequest }
    const script = { 'idempotency-key': 'script-1' }
    upstream.respond(writes(scriptDraft))
    await expectContract('generateScript', await post('/generate/script', body, { headers: script }))
    const again = await post('/generate/script', body, { headers: script })
    await expectContract('generateScript', again)

    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })

  it('the same key with another body is refused', async () => {
    upstream.respond(eitherChat)
    const response = await post(chatPath, { ...ask, n: 1 }, { headers })
    await expectContract('createChatCompletion', response)

    expect(response.status).toBe(422)
  })
})

describe('the gateway answers of itself as the contract says', () => {
  it.each([
    ['getHealth', '/health'],
    ['getLiveness', '/health/live'],
    ['getReadiness', '/health/ready'],
    ['getContract', '/openapi.json'],
    ['getFlatContract', '/openapi-3.0.json'],
    ['getDocs', '/docs'],
  ])('%s', async (operationId, path) => {
    await expectContract(operationId, await fetch(gateway.url + path))
    await expectContract(operationId, await fetch(gateway.url + path, { method: 'POST' }))
  })

  it('getReadiness, while LiteLLM is away', async () => {
    const alone = await startGateway({ LITELLM_BASE_URL: 'http://127.0.0.1:9' })
    const response = await fetch(`${alone.url}/health/ready`)
    await expectContract('getReadiness', response)
    await expectContract('getHealth', await fetch(`${alone.url}/health`))
    await alone.stop()

    expect(response.status).toBe(503)
  })
})

describe('content is generated as the contract says', () => {
  it.each<[string, string, object, object]>([
    ['generateScript', '/generate/script', scriptRequest, scriptDraft],
    ['generateThumbnailPrompt', '/generate/thumbnail-prompt', thumbnailRequest, thumbnailDraft],
    ['generateMetadata', '/generate/metadata', metadataRequest, metadataDraft],
  ])('%s, whole, streamed and refused', async (operationId, path, asked, draft) => {
    const body = { model: 'writer', ...asked }
    upstream.respond(writes(draft))
    await expectContract(operationId, await post(path, body))

    upstream.respond(streams(draft))
    const response = await post(path, { ...body, stream: true })
    const events = readPayloads(await expectContract(operationId, response))
    expect(events.at(-1)).toMatchObject({ type: 'result', success: true })

    const refusal = await post(path, { ...body, nonsense: 1 })
    expect(refusal.status).toBe(422)
    await expectContract(operationId, refusal)

    upstream.respond(writes('no JSON at all'))
    const failure = await post(path, body)
    expect(failure.status).toBe(500)
    await expectContract(operationId, failure)
  })
})

describe('the demo upstream answers as the contract says', async () => {
  const demo = createDemoUpstream().listen(0, '127.0.0.1')
  await once(demo, 'listening')
  const { port } = demo.address() as AddressInfo
  const served = await startGateway({ LITELLM_BASE_URL: `http://127.0.0.1:${port}` })
  afterAll(async () => {
    await served.stop()
    demo.close()
    demo.closeAllConnections()
  })
  const send = (path: string, body: object) =>
    fetch(served.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo-echo', ...body }),
    })
  const { messages } = ask

  it.each<[string, string, object]>([
    ['createChatCompletion', '/api/chat/completions', { messages }],
    ['createCompletion', '/api/completions', { prompt: 'Hello' }],
    ['createResponse', '/api/responses', { input: 'Hello' }],
    ['createMessage', '/api/messages', { messages, max_tokens: 20 }],
  ])('%s, whole and streamed', async (operationId, path, body) => {
    await expectContract(operationId, await send(path, body))
    const response = await send(path, { ...body, stream: true })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    await expectContract(operationId, response)
  })

  it('createEmbedding, listModels, getModel', async () => {
    const model = 'demo-embedding'
    await expectContract('createEmbedding', await send('/api/embeddings', { model, input: 'Hello' }))
    await expectContract('listModels', await fetch(`${served.url}/api/models`))
    await expectContract('getModel', await fetch(`${served.url}/api/models/${model}`))
  })

  it('what it does not serve', async () => {
    const response = await send('/api/rerank', { query: 'a', documents: ['b'] })
    expect(response.ok).toBe(false)
    await expectContract('rerank', response)
  })
})

it('chat frames of the tests are chat frames of the contract', async () => {
  upstream.respond(stream(chatFrames('a', 'b')))
  await expectContract('createChatCompletion', await post(chatPath, askStream))
})
