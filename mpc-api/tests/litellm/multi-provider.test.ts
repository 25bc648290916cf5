import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findLitellm } from '../support/litellm-installation.ts'
import {
  configurations,
  startLitellmWithProviders,
  type LitellmWithProviders,
} from '../support/litellm-with-providers.ts'

const litellm = await findLitellm()

describe.skipIf(!litellm.ready)('multi-provider.yaml', () => {
  let proxy: LitellmWithProviders
  beforeAll(async () => {
    if (litellm.ready) proxy = await startLitellmWithProviders(litellm.program, configurations.multiProvider)
  })
  afterAll(() => proxy[Symbol.asyncDispose]())
  beforeEach(() => proxy.script())

  const statusesOf = async (model: string, requests: number): Promise<readonly number[]> => {
    const statuses: number[] = []
    for (let sent = 0; sent < requests; sent += 1) {
      const response = await proxy.chat(model, { stream: sent % 2 === 1 })
      await response.text()
      statuses.push(response.status)
    }
    return statuses
  }
  const onlyOk = (requests: number): readonly number[] => Array.from({ length: requests }, () => 200)

  it('spreads a name of two providers over both, near evenly', async () => {
    expect(await statusesOf('fast', 60)).toEqual(onlyOk(60))
    expect(proxy.openai.calls.length + proxy.anthropic.calls.length).toBe(60)
    // Fewer than 15 of 60 at even odds: once in 40,000 runs.
    expect(proxy.openai.calls.length).toBeGreaterThanOrEqual(15)
    expect(proxy.anthropic.calls.length).toBeGreaterThanOrEqual(15)
    expect(new Set(proxy.openai.calls.map(({ model }) => model))).toEqual(new Set(['gpt-5.4-mini']))
    expect(new Set(proxy.anthropic.calls.map(({ model }) => model))).toEqual(new Set(['claude-haiku-4-5']))
  })

  it('while one provider fails, answers every request from the other, and soon leaves the failing one alone', async () => {
    // It rests for ten seconds at a time: a batch shorter than that goes to the other alone, once in 30,000 by chance.
    const batch = 15
    let askedFailing = Infinity
    for (let batches = 0; askedFailing > 0 && batches < 8; batches += 1) {
      proxy.anthropic.script()
      proxy.openai.script({ kind: 'fail', status: 500 })
      expect(await statusesOf('smart', batch)).toEqual(onlyOk(batch))
      expect(proxy.anthropic.calls).toHaveLength(batch)
      askedFailing = proxy.openai.calls.length
    }
    expect(askedFailing).toBe(0)
  })

  it('when both providers fail, asks each once', async () => {
    proxy.script({ kind: 'fail', status: 500 })
    expect((await proxy.chat('fast')).status).toBe(500)
    expect([proxy.openai.calls.length, proxy.anthropic.calls.length]).toEqual([1, 1])
  })

  it("leaves a model's own name to its own provider, failing or not", async () => {
    proxy.openai.script({ kind: 'fail', status: 401 })
    expect((await proxy.chat('gpt-5.6')).status).toBe(401)
    expect(proxy.anthropic.calls).toHaveLength(0)
    proxy.script()
    expect((await proxy.chat('gpt-5.6')).status).toBe(200)
  })
})
