import { describe, expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { startPair, upstreamKey } from '../support/start-pair.ts'
import { json, whole } from '../support/upstream-behaviours.ts'
import { type Behaviour } from '../support/upstream-stub.ts'

const { get, upstream } = await startPair()

const modelOf = (id: string) => ({ id, object: 'model', created: 1_677_610_602, owned_by: 'openai' })
const list = { data: ['plain', 'openai/gpt-4o', 'ollama/qwen3:8b', 'a b'].map(modelOf), object: 'list' }

/** LiteLLM as it is: it lists every id, and finds none that has a slash. */
const litellmModels: Behaviour = (exchange) => {
  const id = /\/models\/([^/]+)$/.exec(exchange.request.path)?.[1]
  const found = list.data.find(
    (model) => model.id === decodeURIComponent(id ?? '') && !model.id.includes('/'),
  )
  if (exchange.request.path.endsWith('/models')) return json(list)(exchange)
  if (found) return json(found)(exchange)
  return json(
    { error: { message: 'not found', type: 'None', param: 'None', code: '404' } },
    { status: 404 },
  )(exchange)
}

describe('GET /api/models', () => {
  it('answers with the bytes of LiteLLM, asked with our key', async () => {
    const odd = '{ "object":"list",  "data":[{"id":"m","created":12345678901234567890,"x_new":1.0}] }'
    upstream.respond(whole(odd))
    const response = await get('/api/models')

    expect(await response.text()).toBe(odd)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(upstream.requests[0]?.headers['authorization']).toBe(`Bearer ${upstreamKey}`)
  })
})

describe('GET /api/models/{id}', () => {
  it.each([
    ['/api/models/plain', 'plain'],
    ['/api/v1/models/plain', 'plain'],
    ['/v1/models/openai/gpt-4o', 'openai/gpt-4o'],
    ['/api/models/openai%2Fgpt-4o', 'openai/gpt-4o'],
    ['/api/models/openai%2fgpt-4o', 'openai/gpt-4o'],
    ['/api/models/ollama/qwen3:8b', 'ollama/qwen3:8b'],
    ['/api/models/ollama%2Fqwen3%3A8b', 'ollama/qwen3:8b'],
    ['/api/models/a%20b', 'a b'],
  ])('%s finds %s', async (path, id) => {
    upstream.respond(litellmModels)
    const response = await get(path)

    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(modelOf(id))
  })

  it.each(['/api/models/unknown', '/api/models/openai/unknown', '/api/models/plai'])(
    '%s, which nobody has, is 404',
    async (path) => {
      upstream.respond(litellmModels)

      await expectEnvelope(await get(path), 404)
    },
  )
})
