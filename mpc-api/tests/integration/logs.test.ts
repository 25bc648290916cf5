import { describe, expect, it } from 'vitest'
import {
  chatAnswer,
  chatFrames,
  doneFrame,
  finishFrame,
  textFrame,
  usageFrame,
  wholeChat,
} from '../support/chat-frames.ts'
import { openRawClient } from '../support/raw-client.ts'
import { startGateway } from '../support/start-gateway.ts'
import { ask, askStream, chatPath, clientKey, startPair, upstreamKey } from '../support/start-pair.ts'
import { json, resetAtOnce, silence, stream, whole } from '../support/upstream-behaviours.ts'

const { gateway, post, rawPost, upstream } = await startPair({
  LOG_LEVEL: 'trace',
  NODE_ENV: 'production',
  MPC_FIRST_BYTE_TIMEOUT_MS: '300',
})

const canary = 'canary-7f3a'
const secretAsk = { ...ask, messages: [{ role: 'user', content: `prompt ${canary}` }], user: canary }

const linesOf = (id: string) => gateway.logs().filter((line) => JSON.stringify(line).includes(id))
/** The one line that the access log has for a request, once it is there. */
async function accessLine(id: string): Promise<Record<string, unknown>> {
  const access = () => linesOf(id).filter((line) => JSON.stringify(line).includes('/chat/completions'))
  await expect.poll(() => access().length).toBeGreaterThan(0)
  return access().at(-1)!
}
const numbersIn = (value: unknown): number[] =>
  typeof value === 'object' && value !== null
    ? Object.values(value).flatMap(numbersIn)
    : typeof value === 'number'
      ? [value]
      : []

describe('the log', () => {
  it('never holds a key, a prompt, an answer or a foreign text, whatever happens', async () => {
    const authorization = `Bearer ${clientKey}`
    const headers = {
      authorization,
      cookie: canary,
      'x-api-key': canary,
      'api-key': canary,
      'proxy-authorization': canary,
      'x-foo': canary,
    }
    const error = { message: `you said ${canary}`, type: canary, param: canary, code: '400' }
    const incidents = [
      chatAnswer(`answer ${canary}`),
      stream(chatFrames(canary)),
      stream([textFrame(canary)], { end: 'reset' }),
      json({ error }, { status: 400 }),
      json({ error }, { status: 401 }),
      json({ error }, { status: 500 }),
      whole(`<html>${canary}</html>`, { status: 502 }),
      whole(`{"${canary}`),
      whole('', { headers: { 'x-inner': canary, 'set-cookie': canary } }),
      resetAtOnce,
      silence,
    ]
    for (const incident of incidents) {
      for (const stream of [false, true]) {
        upstream.respond(incident)
        await post(chatPath, { ...secretAsk, stream }, { headers })
          .then((response) => response.text())
          .catch(() => '')
      }
    }
    const refusals = [
      `{"x": "${canary}`,
      { model: '', x: canary },
      { ...ask, api_base: `http://${canary}` },
      canary,
    ]
    for (const refused of refusals) await post(chatPath, refused, { headers })
    await post(chatPath, secretAsk, { headers: { authorization: `Bearer ${canary}` } })
    await post(`${chatPath}?api_key=${canary}`, secretAsk)
    await post(`/nothing/here?key=${canary}`, secretAsk)
    upstream.respond(silence)
    const leaver = await rawPost(chatPath, secretAsk)
    leaver.destroy()
    const garbage = await rawPost(chatPath, canary, { 'Content-Length': '5', 'X-Evil': canary })
    await garbage.closed().catch(() => undefined)

    const everything = JSON.stringify(gateway.logs())
    expect(everything).not.toContain(canary)
    expect(everything).not.toContain(clientKey)
    expect(everything).not.toContain(upstreamKey)
    expect(gateway.logs().length).toBeGreaterThan(20)
  })

  it('has one line for a request, with method, route, status, model, bytes, time and the name of the key', async () => {
    upstream.respond(chatAnswer())
    await (await post(chatPath, ask, { headers: { 'x-request-id': 'line-whole' } })).text()
    const line = JSON.stringify(await accessLine('line-whole'))
    const values = numbersIn(await accessLine('line-whole'))

    expect(linesOf('line-whole')).toHaveLength(1)
    for (const part of ['POST', '/chat/completions', 'scripted']) expect(line).toContain(part)
    expect(values).toContain(200)
    expect(values).toContain(JSON.stringify(wholeChat()).length)
    expect(line).toMatch(/key/i)
  })

  it('has the route and not the path that was asked for', async () => {
    await post(`/nothing/${canary}`, ask, { headers: { 'x-request-id': 'line-route' } })
    await expect.poll(() => linesOf('line-route').length).toBe(1)

    expect(JSON.stringify(linesOf('line-route'))).toContain('404')
    expect(JSON.stringify(linesOf('line-route'))).not.toContain(canary)
  })

  it.each([
    ['two Hosts', 'GET /api/models HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n', 400],
    ['an odd expectation', 'GET /api/models HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n', 417],
    ['dots in its target', 'GET /api/../models HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['bytes that are no request', 'GET /api/models\r\n\r\n', 400],
    ['CONNECT', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
  ])('has one line of a request that is refused for %s', async (_, text, status) => {
    const client = await openRawClient(gateway.url)
    client.send(text)
    const { headers } = await client.answer()
    client.destroy()
    const id = String(headers['x-request-id'])
    await expect.poll(() => linesOf(id).length).toBe(1)

    expect(linesOf(id)).toMatchObject([{ id, status, outcome: 'failed', msg: 'request' }])
    expect(linesOf(id)[0]?.['error']).toEqual(expect.any(String))
  })

  it.each([
    ['of a refused request', { ...ask, model: '' }, 400],
    ['of a request with a wrong key', ask, 401],
  ])('has one line %s', async (_, body, status) => {
    const id = `line-${status}`
    const authorization = status === 401 ? 'Bearer wrong' : `Bearer ${clientKey}`
    await post(chatPath, body, { headers: { 'x-request-id': id, authorization } })
    await expect.poll(() => linesOf(id).length).toBe(1)

    expect(numbersIn(linesOf(id))).toContain(status)
  })

  it('has one line for a client that left', async () => {
    upstream.respond(silence)
    const client = await rawPost(chatPath, ask, { 'X-Request-Id': 'line-left' })
    const request = await upstream.nextRequest()
    client.destroy()
    await request.closed
    await expect.poll(() => linesOf('line-left').length).toBe(1)

    expect(JSON.stringify(linesOf('line-left'))).toMatch(/cancel|abort|left|gone|closed|499/i)
  })

  it('does not call a broken stream a success', async () => {
    upstream.respond(stream([textFrame('a')], { end: 'reset' }))
    const client = await rawPost(chatPath, askStream, { 'X-Request-Id': 'line-broken' })
    await client.answer()
    await expect.poll(() => linesOf('line-broken').length).toBeGreaterThan(0)

    expect(JSON.stringify(linesOf('line-broken'))).toMatch(/LLM_ERROR/)
  })
})

describe('probes in the log', () => {
  it.each(['/health/live', '/health/ready'])(
    'GET %s is only there for who debugs, as Docker asks every few seconds',
    async (path) => {
      upstream.respond(json({}))
      const id = `probe-${path.slice(8)}`
      const probe = () => fetch(gateway.url + path, { headers: { 'x-request-id': id } })
      expect((await probe()).status).toBe(200)

      await expect.poll(() => linesOf(id)).toMatchObject([{ level: 20, route: path, status: 200 }])
    },
  )

  it('GET /health/ready that fails is a warning', async () => {
    const lost = await startGateway({ LITELLM_BASE_URL: 'http://127.0.0.1:9', LITELLM_API_KEY: 'k' })
    try {
      expect((await fetch(`${lost.url}/health/ready`)).status).toBe(503)

      await expect
        .poll(() => lost.logs())
        .toContainEqual(expect.objectContaining({ level: 40, route: '/health/ready', status: 503 }))
    } finally {
      await lost.stop()
    }
  })
})

describe('usage in the log', () => {
  // 11 prompt tokens of which 4 were cached, 7 completion tokens of which 2 were reasoning.
  const expected = [7, 4, 2]

  it('of a whole answer comes with the cost that LiteLLM put into the header', async () => {
    const headers = { 'x-litellm-response-cost': '0.000123', 'x-litellm-response-cost-original': '9.9' }
    upstream.respond(json(wholeChat(), { headers }))
    await post(chatPath, ask, { headers: { 'x-request-id': 'usage-whole' } })
    const line = await accessLine('usage-whole')

    expect(numbersIn(line)).toEqual(expect.arrayContaining(expected))
    expect(numbersIn(line)).toSatisfy((all: number[]) => all.includes(123) || all.includes(0.000123))
    expect(JSON.stringify(line)).not.toContain('9.9')
  })

  it('of an answer too large to be read whole is read from its end', async () => {
    const vectors = Array.from({ length: 100_000 }, (_, index) => index / 1000)
    upstream.respond(json({ data: [vectors], usage: { prompt_tokens: 8700, total_tokens: 8700 } }))
    await post('/api/embeddings', { model: 'm', input: 'x' }, { headers: { 'x-request-id': 'usage-large' } })
    await expect.poll(() => linesOf('usage-large').flatMap(numbersIn)).toContain(8700)
  })

  it.each([
    ['that did not ask for it', askStream],
    ['that asked for it', { ...askStream, stream_options: { include_usage: true } }],
  ])('of a stream comes with the cost in its last chunk, for a client %s', async (_, body) => {
    const id = `usage-stream-${'stream_options' in body}`
    upstream.respond(stream([textFrame('a'), finishFrame, usageFrame, doneFrame]))
    await (await post(chatPath, body, { headers: { 'x-request-id': id } })).text()
    const line = await accessLine(id)

    expect(numbersIn(line)).toEqual(expect.arrayContaining(expected))
    expect(numbersIn(line)).toSatisfy((all: number[]) => all.includes(123) || all.includes(0.000123))
  })

  it.each([400, 429, 500])('is none of an answer of %i, whatever cost its header names', async (status) => {
    const id = `cost-${status}`
    const headers = { 'x-litellm-response-cost': '0.5' }
    upstream.respond(json({ error: { message: 'no', code: String(status) } }, { status, headers }))
    const answer = await post(chatPath, ask, { headers: { 'x-request-id': id } })

    expect(answer.headers.get('x-litellm-response-cost')).toBeNull()
    expect(await accessLine(id)).toMatchObject({ costMicroUsd: null })
  })

  it('of a stream never comes from the zeros that LiteLLM puts into its headers', async () => {
    const headers = { 'x-litellm-response-cost-original': '0.0', 'x-litellm-key-spend': '0.0' }
    upstream.respond(stream(chatFrames('a'), { headers }))
    await (await post(chatPath, askStream, { headers: { 'x-request-id': 'usage-zero' } })).text()
    const cost = /"cost\w*":([^,}]+)/.exec(JSON.stringify(await accessLine('usage-zero')))?.[1]

    expect(cost ?? 'null').toBe('null')
  })
})
