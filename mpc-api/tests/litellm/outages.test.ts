import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findLitellm } from '../support/litellm-installation.ts'
import { configurationFile, configurations } from '../support/litellm-with-providers.ts'
import { startLitellm, type LitellmProcess } from '../support/litellm-process.ts'
import { openRawClient, postText } from '../support/raw-client.ts'
import { readPayloads, readText } from '../support/read-sse.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'
import { clientKey, startLitellmPair, type LitellmPair } from '../support/start-litellm-pair.ts'

const litellm = await findLitellm()
const messages = [{ role: 'user', content: 'Say hello.' }]

describe.skipIf(!litellm.ready)('LiteLLM killed in the middle of an answer', () => {
  let pair: LitellmPair
  beforeEach(async () => {
    if (litellm.ready) pair = await startLitellmPair(litellm.program)
    return () => pair[Symbol.asyncDispose]()
  })

  it('leaves a stream with an error frame, no [DONE] and no clean end', async () => {
    const words = Array.from({ length: 200 }, (_, index) => ` word${index}`)
    pair.proxy.script({ kind: 'answer', words, wordEveryMs: 50 })
    const client = await openRawClient(pair.gateway.url)
    const body = { model: 'gpt-4o-mini', messages, stream: true }
    client.send(postText('/api/chat/completions', body, { Authorization: `Bearer ${clientKey}` }))
    await client.until(' word3', 30_000)
    await pair.proxy.litellm.kill()
    await client.closed(30_000)

    const answer = await client.answer()
    expect(answer.status).toBe(200)
    expect(answer.complete).toBe(false)
    expect(readText(answer.body)).toMatch(/^ word0.* word3/)
    expect(answer.body.toString()).not.toContain('[DONE]')
    expect(readPayloads(answer.body).at(-1)).toMatchObject({ error: { code: 'LLM_ERROR' } })
  })

  it('is 502 for an answer that had not begun', async () => {
    pair.proxy.script({ kind: 'stall' })
    const answers = [pair.chat('gpt-4o-mini'), pair.chat('gpt-4o-mini', { stream: true })]
    await pair.proxy.openai.call(1)
    await pair.proxy.litellm.kill()
    const statuses = await Promise.all(answers.map(async (answer) => (await answer).status))
    expect(statuses).toEqual([502, 502])
  })
})

interface Seen {
  readonly status: number
  readonly ms: number
  readonly body: string
}

describe.skipIf(!litellm.ready)('LiteLLM restarted under load', () => {
  let gateway: TestGateway
  let proxy: LitellmProcess
  const workers = 8

  beforeAll(async () => {
    if (!litellm.ready) return
    proxy = await start(litellm.program)
    gateway = await startGateway({
      NODE_ENV: 'production',
      LITELLM_BASE_URL: proxy.baseUrl,
      LITELLM_API_KEY: proxy.masterKey,
      MPC_API_KEY: clientKey,
    })
  })
  afterAll(async () => {
    await gateway.stop()
    await proxy.stop()
  })

  const start = (program: string, again?: LitellmProcess): Promise<LitellmProcess> =>
    startLitellm({
      program,
      configFile: configurationFile(configurations.default),
      ...(again && { port: again.port, masterKey: again.masterKey }),
    })

  const ask = async (stream: boolean): Promise<Seen> => {
    const begun = performance.now()
    const response = await fetch(`${gateway.url}/api/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'mock', messages, stream }),
      signal: AbortSignal.timeout(30_000),
    })
    const body = await response.text().catch(() => 'cut')
    return { status: response.status, ms: performance.now() - begun, body }
  }

  /** Keeps asking, whole and streamed in turn, until told to stop. */
  const load = (): { readonly seen: Seen[]; readonly stop: () => Promise<void> } => {
    const seen: Seen[] = []
    let running = true
    const work = async (): Promise<void> => {
      for (let asked = 0; running && asked < 5_000; asked += 1) {
        seen.push(await ask(asked % 2 === 0))
        await sleep(100)
      }
    }
    const all = Promise.all(Array.from({ length: workers }, work))
    return {
      seen,
      async stop() {
        running = false
        await all
      },
    }
  }

  // A cold start of LiteLLM beside the load takes its time on a busy machine.
  it.each([
    ['killed', () => proxy.kill()],
    ['asked to stop', () => proxy.stop()],
  ])(
    '%s: refuses cleanly while away, and serves all again once back',
    { timeout: 300_000 },
    async (_, end) => {
      if (!litellm.ready) return
      const running = load()
      try {
        await expect.poll(() => running.seen.length, { timeout: 30_000 }).toBeGreaterThan(2 * workers)
        const before = running.seen.length
        await end()
        proxy = await start(litellm.program, proxy)
        // The gateway looks again after at most 5 s; then nothing is refused any more.
        const back = running.seen.length
        await expect
          .poll(() => running.seen.slice(back).some(({ status }) => status === 200), { timeout: 60_000 })
          .toBe(true)
        expect(running.seen.slice(0, before).map(({ status }) => status)).toEqual(Array(before).fill(200))
      } finally {
        await running.stop()
      }

      const refused = running.seen.filter(({ status }) => status !== 200)
      expect(refused.length).toBeGreaterThan(0)
      expect(
        refused.map(({ status }) => status).filter((status) => status !== 502 && status !== 503),
      ).toEqual([])
      for (const { body } of refused) expect(JSON.parse(body)).toMatchObject({ type: 'error' })
      // None may wait for a LiteLLM that is not there.
      expect(Math.max(...refused.map(({ ms }) => ms))).toBeLessThan(2_000)

      const afterwards = await Promise.all(
        Array.from({ length: 4 * workers }, (_, index) => ask(index % 2 === 0)),
      )
      expect(afterwards.map(({ status }) => status)).toEqual(afterwards.map(() => 200))
      expect(afterwards.map(({ body }) => body)).not.toContain('cut')
    },
  )
})
