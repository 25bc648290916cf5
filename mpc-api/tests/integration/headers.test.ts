import { describe, expect, it } from 'vitest'
import { chatAnswer, chatFrames, wholeChat } from '../support/chat-frames.ts'
import { ask, askStream, chatPath, startPair, upstreamKey } from '../support/start-pair.ts'
import { json, stream } from '../support/upstream-behaviours.ts'

const { gateway, post, rawPost, upstream } = await startPair()

/** The headers that LiteLLM got for a request with these. */
async function sentUp(headers: Record<string, string>) {
  upstream.respond(chatAnswer())
  const client = await rawPost(chatPath, ask, headers)
  expect((await client.answer()).status).toBe(200)
  client.destroy()
  return upstream.requests[0]!.headers
}

describe('headers on their way to LiteLLM', () => {
  it.each([
    ['openai-beta', 'assistants=v2'],
    ['anthropic-version', '2023-06-01'],
    ['anthropic-beta', 'tools-2024-04-04'],
    ['x-stainless-lang', 'js'],
    ['x-stainless-retry-count', '2'],
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['tracestate', 'vendor=1'],
  ])('%s goes up as it is', async (name, value) => {
    expect((await sentUp({ [name]: value }))[name]).toBe(value)
  })

  it.each([
    ['Cookie', 'session=1'],
    ['X-Forwarded-For', '10.0.0.1'],
    ['X-Forwarded-Host', 'evil'],
    ['X-Real-IP', '10.0.0.1'],
    ['Forwarded', 'for=10.0.0.1'],
    ['Proxy-Authorization', 'Basic x'],
    ['X-LiteLLM-Tags', 'a'],
    ['X-LiteLLM-Timeout', '1'],
    ['X-LiteLLM-API-Key', 'sk-evil'],
    ['X-LiteLLM-Enable-Message-Redaction', 'true'],
    ['Litellm-Disable-Message-Redaction', 'true'],
    ['X-MCP-Auth', 'x'],
    ['Upgrade-Insecure-Requests', '1'],
    ['Origin', 'http://app.example'],
    ['Referer', 'http://app.example'],
    ['TE', 'trailers'],
    ['Keep-Alive', 'timeout=100'],
    ['Proxy-Connection', 'keep-alive'],
    ['X-Anything-Else', '1'],
  ])('%s does not', async (name, value) => {
    expect(await sentUp({ [name]: value })).not.toHaveProperty(name.toLowerCase())
  })

  it('a header named in Connection does not either', async () => {
    expect(await sentUp({ Connection: 'x-stainless-lang', 'X-Stainless-Lang': 'js' })).not.toHaveProperty(
      'x-stainless-lang',
    )
  })

  it('the host is that of LiteLLM, the key ours, and no compression is asked for', async () => {
    const headers = await sentUp({ 'Accept-Encoding': 'gzip, br' })

    expect(headers['host']).toBe(new URL(upstream.url).host)
    expect(headers['authorization']).toBe(`Bearer ${upstreamKey}`)
    expect(headers['accept-encoding'] ?? 'identity').toBe('identity')
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect(headers['content-length']).toBe(String(upstream.requests[0]?.body.length))
  })
})

describe('x-request-id', () => {
  it.each(['req-1', '7f9c24e8-3b12-4c55-8a3f-000000000000', 'a.b_c:1'])(
    'of the client, %s, is kept, sent to LiteLLM as x-litellm-call-id and sent back',
    async (id) => {
      upstream.respond(chatAnswer())
      const response = await post(chatPath, ask, { headers: { 'x-request-id': id } })

      expect(response.headers.get('x-request-id')).toBe(id)
      expect(upstream.requests[0]?.headers['x-litellm-call-id']).toBe(id)
    },
  )

  it.each(['', ' ', 'with space', 'x'.repeat(300), 'semi;colon{}', '<script>', 'ümlaut'])(
    'that is no well-formed one, "%s", is replaced',
    async (id) => {
      upstream.respond(chatAnswer())
      const client = await rawPost(chatPath, ask, { 'X-Request-Id': id })
      const { headers } = await client.answer()
      client.destroy()

      expect(headers['x-request-id']).toMatch(/^[\w.-]{8,128}$/)
      expect(headers['x-request-id']).not.toBe(id)
      expect(upstream.requests[0]?.headers['x-litellm-call-id']).toBe(headers['x-request-id'])
    },
  )

  it('is new for every request that brings none', async () => {
    upstream.respond(chatAnswer())
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => (await post(chatPath, ask)).headers.get('x-request-id')),
    )

    expect(new Set(ids).size).toBe(20)
  })

  it('is not taken from x-litellm-call-id', async () => {
    upstream.respond(chatAnswer())
    await post(chatPath, ask, {
      headers: { 'x-litellm-call-id': 'chosen-by-client', 'x-request-id': 'mine' },
    })

    expect(upstream.requests[0]?.headers['x-litellm-call-id']).toBe('mine')
  })

  it.each(['/health', '/health/live', '/nothing', '/api/models'])('stands on %s', async (path) => {
    expect((await fetch(gateway.url + path)).headers.get('x-request-id')).toMatch(/./)
  })
})

describe('headers on their way to the client', () => {
  const fromLitellm = {
    'x-litellm-call-id': 'call-1',
    'x-litellm-response-cost': '0.000123',
    'x-litellm-model-api-base': 'http://10.1.2.3:9999',
    'x-litellm-version': '1.106.2',
    'x-litellm-key-spend': '12.5',
    'llm_provider-server': 'inner',
    'llm_provider-x-secret': 'inner',
    'x-ratelimit-remaining-requests': '41',
    'set-cookie': 'a=b',
    server: 'uvicorn',
    via: 'inner-proxy',
    'x-powered-by': 'magic',
    'access-control-allow-origin': 'http://inner',
    'strict-transport-security': 'max-age=1',
    'x-inner-thing': '1',
    'openai-processing-ms': '12',
  }

  it('useful ones come down', async () => {
    upstream.respond(json(wholeChat(), { headers: fromLitellm }))
    const { headers } = await post(chatPath, ask)

    expect(headers.get('x-litellm-response-cost')).toBe('0.000123')
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('41')
    expect(headers.get('openai-processing-ms')).toBe('12')
  })

  it.each(['whole', 'streamed'])('none that names the inside does: %s', async (kind) => {
    const whole = kind === 'whole'
    const headers = fromLitellm
    upstream.respond(whole ? json(wholeChat(), { headers }) : stream(chatFrames('a'), { headers }))
    const response = await post(chatPath, whole ? ask : askStream)
    const text = JSON.stringify([...response.headers])
    await response.text()

    expect(text).not.toMatch(/10\.1\.2\.3|inner|uvicorn|magic|a=b|1\.106\.2|max-age=1"|12\.5/)
  })

  it('say that JSON is UTF-8, and nothing about who made it', async () => {
    upstream.respond(chatAnswer('Grüß Gott'))
    const response = await post(chatPath, ask)

    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('x-powered-by')).toBeNull()
    expect(response.headers.get('etag')).toBeNull()
    expect(response.headers.get('content-security-policy') ?? '').not.toContain('upgrade-insecure-requests')
  })

  it('come once each, whatever LiteLLM sends too', async () => {
    const headers = {
      'x-request-id': 'theirs',
      date: 'x',
      'cache-control': 'private',
      connection: 'x-a',
      'x-a': '1',
    }
    upstream.respond(json(wholeChat(), { headers }))
    const client = await rawPost(chatPath, ask)
    await client.answer()
    const lines = client.bytes().toString().split('\r\n\r\n')[0]!.split('\r\n').slice(1)
    const names = lines.map((line) => line.split(':')[0]!.toLowerCase())

    expect(names).toEqual([...new Set(names)])
    expect(lines.join()).not.toMatch(/theirs|x-a/)
  })

  it('of a stream forbid buffering and transforming', async () => {
    upstream.respond(stream(chatFrames('a')))
    const { headers } = await post(chatPath, askStream)

    expect(headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect(headers.get('x-accel-buffering')).toBe('no')
    expect(headers.get('cache-control')).toBe('no-cache, no-transform')
    expect(headers.get('content-length')).toBeNull()
  })

  it('of a whole answer say where the time went: gateway, LiteLLM, provider', async () => {
    const times = { 'x-litellm-response-duration-ms': '120.5', 'x-litellm-overhead-duration-ms': '20.5' }
    upstream.respond(json(wholeChat(), { headers: times }))
    const timing = (await post(chatPath, ask)).headers.get('server-timing') ?? ''
    const metrics = timing.split(',').map((metric) => Number(/dur=([\d.]+)/.exec(metric)?.[1]))

    expect(metrics).toHaveLength(3)
    expect(metrics).toContain(20.5)
    expect(metrics).toContain(100)
    expect(timing.toLowerCase()).toMatch(/gateway.*litellm.*provider/)
  })
})
