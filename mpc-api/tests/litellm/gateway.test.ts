import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { findLitellm } from '../support/litellm-installation.ts'
import { readPayloads, readText } from '../support/read-sse.ts'
import { promptly } from '../support/promptly.ts'
import { promptTokens } from '../support/scripted-provider-openai.ts'
import { startGateway } from '../support/start-gateway.ts'
import { clientKey, startLitellmPair, type LitellmPair } from '../support/start-litellm-pair.ts'

const litellm = await findLitellm()
const mockText = 'This is the mock model: the stack works.'

describe.skipIf(!litellm.ready)('MPC-API in front of a real LiteLLM', () => {
  let pair: LitellmPair
  beforeAll(async () => {
    if (litellm.ready) pair = await startLitellmPair(litellm.program)
  })
  afterAll(() => pair[Symbol.asyncDispose]())
  beforeEach(() => pair.proxy.script())

  it('GET /api/models lists what LiteLLM serves', async () => {
    const { data } = (await (await pair.get('/api/models')).json()) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['mock', 'gpt-4o-mini', 'claude-sonnet-5-5']),
    )
  })

  it('GET /api/models/{id} finds a model of the list, and 404 for any other', async () => {
    expect(await (await pair.get('/api/models/mock')).json()).toMatchObject({ id: 'mock', object: 'model' })
    await expectEnvelope(await pair.get('/api/models/no-such-model'), 404)
  })

  it('GET /health says that LiteLLM is there, without spending anything', async () => {
    expect(await (await pair.get('/health')).json()).toMatchObject({
      status: 'ok',
      dependencies: { litellm: { latency_ms: expect.any(Number) as number } },
    })
    expect(pair.proxy.openai.calls.length + pair.proxy.anthropic.calls.length).toBe(0)
  })

  it('POST /api/chat/completions answers whole', async () => {
    const answer = await (await pair.chat('mock')).json()
    expect(answer).toMatchObject({ object: 'chat.completion', choices: [{ message: { content: mockText } }] })
  })

  it.each(['mock', 'gpt-4o-mini', 'claude-sonnet-5-5'])(
    'POST /api/chat/completions streams %s',
    async (model) => {
      const response = await pair.chat(model, { stream: true })
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
      const body = await response.text()
      expect(readText(body)).toBe(model === 'mock' ? mockText : 'one two three')
      expect(body.split('data: [DONE]')).toHaveLength(2)
    },
  )

  it('keeps the usage chunk from a client that did not ask for it, and gives it to one that did', async () => {
    const usagesOf = async (more: object): Promise<unknown[]> =>
      readPayloads(await (await pair.chat('gpt-4o-mini', { stream: true, ...more })).text()).flatMap(
        ({ usage }) => usage ?? [],
      )
    expect(await usagesOf({})).toEqual([])
    expect(await usagesOf({ stream_options: { include_usage: true } })).toMatchObject([
      { prompt_tokens: promptTokens, completion_tokens: 3 },
    ])
  })

  it.each([false, true])(
    'writes the usage and the cost into the access log (streamed: %s)',
    async (stream) => {
      const id = randomUUID()
      await (await pair.chat('gpt-4o-mini', { stream }, { headers: { 'x-request-id': id } })).text()
      const line = (): Record<string, unknown> | undefined =>
        pair.gateway.logs().find((entry) => entry['id'] === id)
      await expect.poll(line).toBeDefined()
      // gpt-4o-mini: 0.15 dollars a million tokens in, 0.60 out.
      expect(line()).toMatchObject({
        model: 'gpt-4o-mini',
        stream,
        usage: { input: promptTokens, output: 3 },
        costMicroUsd: expect.toSatisfy((cost: number) => Math.abs(cost - 152) <= 1) as number,
      })
    },
  )

  it('knows no cost where LiteLLM knows none', async () => {
    const id = randomUUID()
    await (await pair.chat('mock', { stream: true }, { headers: { 'x-request-id': id } })).text()
    const line = (): Record<string, unknown> | undefined =>
      pair.gateway.logs().find((entry) => entry['id'] === id)
    await expect.poll(line).toMatchObject({ costMicroUsd: null })
  })

  it('an unknown model is 400 in our envelope', async () => {
    await expectEnvelope(await pair.chat('no-such-model'), 400)
    await expectEnvelope(await pair.chat('no-such-model', { stream: true }), 400)
  })

  it('a key that LiteLLM refuses is our fault: 502', async () => {
    const gateway = await startGateway({
      LITELLM_BASE_URL: pair.proxy.litellm.baseUrl,
      LITELLM_API_KEY: 'sk-not-the-key',
      MPC_API_KEY: clientKey,
    })
    try {
      const response = await fetch(`${gateway.url}/api/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'mock', messages: [{ role: 'user', content: 'Say hello.' }] }),
      })
      await expectEnvelope(response, 502, 'LLM_ERROR')
    } finally {
      await gateway.stop()
    }
  })

  it("hands the provider's Retry-After to the client", async () => {
    pair.proxy.script({ kind: 'fail', status: 429, headers: { 'retry-after': '7' } })
    for (const stream of [false, true]) {
      const response = await pair.chat('gpt-4o-mini', { stream })
      expect(response.headers.get('retry-after')).toBe('7')
      await expectEnvelope(response, 429)
    }
  })

  it.each([500, 502, 503])("a provider's %s is a 5xx without its words", async (status) => {
    pair.proxy.script({ kind: 'fail', status })
    const { message } = await expectEnvelope(await pair.chat('gpt-4o-mini'), [502, 503])
    expect(message).not.toContain('scripted')
  })

  // LiteLLM 1.106.2 turns it into 200 with the body `null`.
  it("a provider's 422 is an error, whatever LiteLLM makes of it", async () => {
    pair.proxy.script({ kind: 'fail', status: 422 })
    expect((await pair.chat('gpt-4o-mini')).status).toBeGreaterThanOrEqual(400)
  })

  describe.each(['gpt-4o-mini', 'claude-sonnet-5-5'])('when the client leaves a call of %s', (model) => {
    /** Not over before the client leaves, however slow the machine. */
    const manyWords = Array.from({ length: 150 }, () => ' word')
    const phases = {
      'before a whole answer': [{}, { kind: 'stall' }],
      'before the first chunk': [{ stream: true }, { kind: 'stall' }],
      'between two chunks': [{ stream: true }, { kind: 'answer', words: manyWords, wordEveryMs: 200 }],
    } as const

    it.each(Object.entries(phases))(
      '%s, the provider sees it within 250 ms',
      promptly,
      async (phase, [more, behaviour]) => {
        pair.proxy.script(behaviour)
        const client = new AbortController()
        const answer = pair.chat(model, more, { signal: client.signal })
        const provider = model.startsWith('gpt') ? pair.proxy.openai : pair.proxy.anthropic
        const call = await provider.call(0)
        if (phase === 'between two chunks') await (await answer).body?.getReader().read()
        const leftAt = performance.now()
        client.abort()
        await answer.catch(() => null)
        await expect.poll(() => call.leftAt).not.toBeNull()
        expect((call.leftAt ?? Infinity) - leftAt).toBeLessThan(250)
      },
    )
  })
})
