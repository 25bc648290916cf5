import { describe, expect, it } from 'vitest'
import { chatAnswer } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { ask, startPair } from '../support/start-pair.ts'
import { json } from '../support/upstream-behaviours.ts'

const { auth, gateway, get, post, raw, upstream } = await startPair()

const models = { object: 'list', data: [{ id: 'scripted', object: 'model', created: 1, owned_by: 'openai' }] }

describe('the OpenAI surface answers alike under every alias', () => {
  it.each([
    '/api/chat/completions',
    '/api/v1/chat/completions',
    '/v1/chat/completions',
    '/api/chat/completions/',
    '/api//chat/completions',
    '/api/v1//chat/completions',
    '//v1/chat/completions',
    '/v1/chat//completions//',
  ])('POST %s reaches chat completions, without a redirect', async (path) => {
    upstream.respond(chatAnswer())

    expect((await post(path, ask)).status).toBe(200)
    expect(upstream.requests).toHaveLength(1)
    expect(upstream.requests[0]?.path).toMatch(/^(\/v1)?\/chat\/completions$/)
  })

  it.each(['/api/models', '/api/v1/models', '/v1/models', '/api/v1//models', '/api/models/'])(
    'GET %s lists the models',
    async (path) => {
      upstream.respond(json(models))
      const response = await get(path)

      expect(response.status).toBe(200)
      expect(await response.json()).toEqual(models)
    },
  )

  it('keeps the query string as it came', async () => {
    upstream.respond(chatAnswer())
    await post('/api/chat/completions?beta=true&include[]=a&include[]=b&x=%20', ask)

    expect(upstream.requests[0]?.path).toMatch(
      /\/chat\/completions\?beta=true&include\[\]=a&include\[\]=b&x=%20$/,
    )
  })
})

describe('a path that is not ours', () => {
  it.each([
    '/',
    '/api',
    '/v1',
    '/nothing',
    '/api/nothing',
    '/api/v1/v1/models',
    '/v1/chat',
    '/api/chat/completions/x',
  ])('GET %s is a JSON 404', async (path) => {
    await expectEnvelope(await get(path), 404, 'NOT_FOUND')
  })

  it.each([
    '/key/generate',
    '/api/key/generate',
    '/v1/key/info',
    '/config/update',
    '/config/yaml',
    '/model/new',
    '/api/model/info',
    '/v1/model/info',
    '/user/new',
    '/team/new',
    '/spend/logs',
    '/ui',
    '/ui/',
    '/sso/key/generate',
    '/health/services',
    '/health/readiness',
    '/health/liveliness',
    '/api/health',
    '/mcp-rest/test/connection',
    '/routes',
    '/openapi/openapi.json',
  ])('%s of LiteLLM cannot be reached, neither by GET nor by POST', async (path) => {
    await expectEnvelope(await get(path), 404, 'NOT_FOUND')
    await expectEnvelope(await post(path, {}), 404, 'NOT_FOUND')
    expect(upstream.received()).toBe('')
  })
})

describe('a path that tries to climb', () => {
  it.each([
    '/api/../key/generate',
    '/api/./models',
    '/api/models/../../key/list',
    '/api/models/..',
    '/api/models/.',
    '/api/%2e%2e/key/generate',
    '/api/models/%2e%2e',
    '/api/models/%2E%2e/x',
    '/api/models/.%2e/key',
    '/api/models/..%2f..%2fkey%2flist',
    '/api/models/x%2f..%2f..%2fkey',
    '/api/models/%252e%252e',
    '/api/models/x%252fkey',
    '/api/models\\..\\key',
    '/api/models/a\\b',
    '/api/models/a%5cb',
    '/api/models/..%5c..%5ckey',
    '/api/models/%00',
    '/api/models/a%0d%0ax',
    '/api/models/%c0%ae%c0%ae',
    '/api/models/%zz',
  ])('GET %s is refused before anything is forwarded', async (path) => {
    const client = await raw()
    client.send(`GET ${path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: ${auth['authorization']}\r\n\r\n`)

    await expectEnvelope(await client.answer(), [400, 404])
    expect(upstream.received()).toBe('')
  })
})

describe('a method that a path does not have', () => {
  it.each([
    ['GET', '/api/chat/completions', 'POST'],
    ['PUT', '/api/chat/completions', 'POST'],
    ['DELETE', '/v1/chat/completions', 'POST'],
    ['POST', '/api/models', 'GET'],
    ['DELETE', '/api/models', 'GET'],
  ])('%s %s is 405 and names what is allowed', async (method, path, allowed) => {
    const response = await fetch(gateway.url + path, { method, headers: auth })

    expect(response.headers.get('allow')).toContain(allowed)
    await expectEnvelope(response, 405, 'METHOD_NOT_ALLOWED')
    expect(upstream.received()).toBe('')
  })

  it('X-HTTP-Method-Override changes nothing', async () => {
    const headers = { ...auth, 'x-http-method-override': 'POST' }

    await expectEnvelope(await fetch(`${gateway.url}/api/chat/completions`, { headers }), 405)
  })

  it.each(['/health', '/api/models'])('HEAD %s answers like GET, without a body', async (path) => {
    upstream.respond(json(models))
    const response = await get(path, { method: 'HEAD' })

    expect(response.status).toBe(200)
    expect(await response.text()).toBe('')
  })
})
