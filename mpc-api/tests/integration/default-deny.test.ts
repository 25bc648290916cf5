import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endpointTable } from '../../src/proxy/endpoint-table.ts'
import { nameOf, requestOf } from '../support/endpoint-requests.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { clientKey, startPair } from '../support/start-pair.ts'
import { json } from '../support/upstream-behaviours.ts'

const maxBytes = 2_000
const { auth, gateway, raw, upstream } = await startPair({
  MPC_MAX_BODY_BYTES: String(maxBytes),
  MPC_MAX_UPLOAD_BYTES: String(maxBytes),
})

const rows = endpointTable.map((endpoint) => [nameOf(endpoint), endpoint] as const)
const withBody = rows.filter(([, { body }]) => body !== 'none')

/** Sends with the client's key, unless the headers say otherwise. */
const send = (
  path: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Readonly<Record<string, string>> },
) => fetch(gateway.url + path, { redirect: 'manual', ...init, headers: { ...auth, ...init.headers } })

describe.each(rows)('%s', (_, endpoint) => {
  it('is authenticated before anything else', async () => {
    for (const authorization of ['', 'Bearer wrong', `Basic ${clientKey}`]) {
      const { path, init } = requestOf(endpoint)
      const headers = { ...init.headers, authorization }

      await expectEnvelope(await send(path, { ...init, headers }), 401, 'UNAUTHORIZED')
    }
    expect(upstream.received()).toBe('')
  })

  it('reaches its path at LiteLLM, with our key and without that of the client', async () => {
    upstream.respond(json({ object: 'scripted' }))
    const { path, init } = requestOf(endpoint)
    const response = await send(`${path}?limit=2&include[]=a`, init)

    expect(await response.json()).toEqual({ object: 'scripted' })
    expect(upstream.requests).toHaveLength(1)
    const { method, path: reached, body } = upstream.requests[0]!
    expect(`${method} ${reached}`).toBe(
      `${endpoint.method} ${endpoint.upstreamPath.replace('{id}', 'id_1')}?limit=2&include[]=a`,
    )
    expect(body.equals(Buffer.from(init.body ?? ''))).toBe(true)
    expect(upstream.received()).not.toContain(clientKey)
  })

  it('is logged with its route, never with its path', async () => {
    upstream.respond(json({ object: 'scripted' }))
    const { path, init } = requestOf(endpoint)
    const id = `log-${endpoint.method}-${endpoint.route.replaceAll(/\W/g, '-')}`
    await (await send(path, { ...init, headers: { ...init.headers, 'x-request-id': id } })).text()
    const entry = () => gateway.logs().find((line) => line['id'] === id)
    await expect.poll(entry).toBeDefined()

    expect(entry()).toMatchObject({
      method: endpoint.method,
      route: endpoint.route,
      status: 200,
      key: 'MPC_API_KEY',
    })
    expect(JSON.stringify(entry())).not.toContain('id_1')
  })

  it('refuses what steers LiteLLM in its query', async () => {
    const { path, init } = requestOf(endpoint)

    await expectEnvelope(await send(`${path}?api%5Fbase=http://evil`, init), 400, 'BAD_REQUEST')
    expect(upstream.received()).toBe('')
  })

  it('passes the envelope of a refusal on', async () => {
    upstream.respond(
      json(
        { error: { message: 'no such thing', type: 'None', param: 'None', code: '404' } },
        { status: 404 },
      ),
    )
    const { path, init } = requestOf(endpoint)

    expect((await expectEnvelope(await send(path, init), 404)).message).toBe('no such thing')
  })

  it('has no other method than those of the table', async () => {
    const { path } = requestOf(endpoint)
    const methods = endpointTable
      .filter(({ route }) => route === endpoint.route)
      .map(({ method }) => method as string)
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(
      (name) => !methods.includes(name),
    )) {
      const headers = {
        'x-http-method-override': 'POST',
        'x-method-override': 'DELETE',
        'x-http-method': 'GET',
      }
      await expectEnvelope(
        await send(`${path}?_method=${methods[0]}`, { method, headers }),
        405,
        'METHOD_NOT_ALLOWED',
      )
    }
    expect(upstream.received()).toBe('')
  })
})

describe.each(withBody)('%s', (_, endpoint) => {
  it('refuses what steers LiteLLM in its body', async () => {
    const { path, init } = requestOf(endpoint, { api_base: 'http://evil' })

    expect((await expectEnvelope(await send(path, init), 400, 'BAD_REQUEST')).param).toBe('api_base')
    // An upload may have begun to flow, but LiteLLM has not seen its end.
    expect(upstream.requests.every(({ bodyComplete }) => !bodyComplete)).toBe(true)
  })

  it('refuses a body that announces to be too large, and one that turns out to be', async () => {
    const { path, init } = requestOf(endpoint, { user: 'x'.repeat(maxBytes) })
    await expectEnvelope(await send(path, init), 413, 'PAYLOAD_TOO_LARGE')
    const body = new Blob([Buffer.from(init.body!)]).stream()
    await expectEnvelope(
      await send(path, { ...init, body, duplex: 'half' } as object),
      413,
      'PAYLOAD_TOO_LARGE',
    )

    expect(upstream.requests.every(({ bodyComplete }) => !bodyComplete)).toBe(true)
  })

  it('refuses a body of another type', async () => {
    const { path, init } = requestOf(endpoint)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }

    await expectEnvelope(await send(path, { ...init, headers }), 415, 'UNSUPPORTED_MEDIA_TYPE')
    expect(upstream.received()).toBe('')
  })
})

describe.each(withBody.filter(([, { requires }]) => requires !== 'nothing'))('%s', (_, endpoint) => {
  it('refuses a body without a model', async () => {
    const { path, init } = requestOf({ ...endpoint, requires: 'nothing' })

    expect((await expectEnvelope(await send(path, init), 400, 'BAD_REQUEST')).param).toBe('model')
    expect(upstream.requests.every(({ bodyComplete }) => !bodyComplete)).toBe(true)
  })
})

describe('what is not in the table', () => {
  const admin = [
    'key/generate',
    'config/update',
    'model/new',
    'user/new',
    'team/new',
    'spend/logs',
    'health',
    'ui',
    'mcp',
    'v1/mcp/server',
    'credentials',
    'vertex_ai/x',
    'openai/deployments/a/chat/completions',
    'assistants',
    'threads',
    'fine_tuning/jobs',
    'vector_stores',
    'chat/completions/x',
    'utils/token_counter',
    'engines/a/completions',
  ]

  it.each(
    admin.flatMap((path) =>
      [`/${path}`, `/api/${path}`, `/v1/${path}`, `/api/v1/${path}`].map((full) => [full]),
    ),
  )('%s does not exist, by any method', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await send(path, { method })
      if (path === '/health' && method === 'GET')
        expect(await answer.json()).toHaveProperty('service', 'mpc-api')
      else await expectEnvelope(answer, [404, 405])
    }
    expect(upstream.received()).toBe('')
  })

  it('cannot be reached by any spelling', { timeout: 60_000 }, async () => {
    const separator = fc.constantFrom(
      '/',
      '//',
      '/./',
      '/../',
      '%2f',
      '%2F',
      '/%2e%2e/',
      '\\',
      '%5c',
      '/;/',
      ';/',
      '%252f',
      '/.%2e/',
      '%00/',
      '?',
      '#',
    )
    const word = fc.constantFrom(
      'key',
      'generate',
      'KEY',
      'k%65y',
      'config',
      'files',
      'models',
      'responses',
      'chat',
      'a',
      '..',
      '%2e%2e',
    )
    const path = fc.tuple(
      fc.constantFrom('', '/api', '/v1', '/api/v1', '/API', '/api/files', '/v1/responses/x'),
      fc.array(fc.tuple(separator, word), { minLength: 1, maxLength: 4 }),
    )
    const known = new RegExp(
      `^/v1/(?:models|files|files/[\\w.~:=+@-]+|files/[\\w.~:=+@-]+/content|responses/[\\w.~:=+@-]+|responses/[\\w.~:=+@-]+/input_items)(?:\\?|$)`,
    )
    upstream.respond(json({ object: 'list', data: [] }))
    await fc.assert(
      fc.asyncProperty(path, async ([prefix, rest]) => {
        const target = prefix + rest.flat().join('')
        const before = upstream.requests.length
        const client = await raw()
        client.send(
          `GET ${target.startsWith('/') ? '' : '/'}${target} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\n\r\n`,
        )
        expect((await client.answer()).status).toBeLessThan(500)
        client.destroy()
        for (const { path: reached } of upstream.requests.slice(before)) {
          expect(reached).toMatch(known)
          expect(reached).not.toMatch(/\/\.{1,2}(?:\/|\?|$)/)
        }
      }),
      { numRuns: 200 },
    )
  })
})
