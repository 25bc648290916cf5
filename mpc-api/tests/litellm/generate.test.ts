import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { expectEnvelope } from '../support/expect-envelope.ts'
import {
  metadataDraft,
  metadataRequest,
  scriptDraft,
  scriptRequest,
  thumbnailDraft,
  thumbnailRequest,
} from '../support/generation-drafts.ts'
import { findLitellm } from '../support/litellm-installation.ts'
import { startLitellm, type LitellmProcess } from '../support/litellm-process.ts'
import { readPayloads } from '../support/read-sse.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'
import { clientKey } from '../support/start-litellm-pair.ts'

const litellm = await findLitellm()

const mock = (model_name: string, model: string, answer: string | object) => ({
  model_name,
  litellm_params: {
    model,
    api_key: 'sk-not-used',
    mock_response: typeof answer === 'string' ? answer : JSON.stringify(answer),
  },
})
const configuration = {
  model_list: [
    mock('script', 'openai/gpt-4o-mini', scriptDraft),
    mock('thumbnail-prompt', 'openai/gpt-4o-mini', thumbnailDraft),
    mock('metadata', 'anthropic/claude-sonnet-4-5', metadataDraft),
    mock('prose', 'openai/gpt-4o-mini', 'I would rather not.'),
    // A model that LiteLLM knows to take no response_format, which it refuses by itself.
    mock('no-schema', 'openai/gpt-4', scriptDraft),
  ],
}

describe.skipIf(!litellm.ready)('POST /generate/* in front of a real LiteLLM', () => {
  let folder = ''
  let proxy: LitellmProcess
  let gateway: TestGateway
  beforeAll(async () => {
    if (!litellm.ready) return
    folder = await mkdtemp(join(tmpdir(), 'generate-'))
    const configFile = join(folder, 'config.yaml')
    await writeFile(configFile, stringify(configuration))
    proxy = await startLitellm({ program: litellm.program, configFile })
    gateway = await startGateway({
      LITELLM_BASE_URL: proxy.baseUrl,
      LITELLM_API_KEY: proxy.masterKey,
      MPC_API_KEY: clientKey,
    })
  })
  afterAll(async () => {
    await gateway.stop()
    await proxy.stop()
    await rm(folder, { recursive: true })
  })

  const generate = (kind: string, body: object) =>
    fetch(`${gateway.url}/generate/${kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const requests = { script: scriptRequest, 'thumbnail-prompt': thumbnailRequest, metadata: metadataRequest }

  it.each(Object.entries(requests))('%s answers whole, with the tokens used', async (kind, request) => {
    const response = await generate(kind, { ...request, model: kind })
    expect(await response.json()).toMatchObject({
      success: true,
      data: { model: kind, usage: { turns: 1, totalTokens: expect.any(Number) as number } },
    })
  })

  it.each(Object.entries(requests))('%s streams its parts and the whole result', async (kind, request) => {
    const response = await generate(kind, { ...request, model: kind, stream: true })
    const events = readPayloads(await response.text())
    expect(events.at(-1)).toMatchObject({ type: 'result', success: true })
    expect(events.filter(({ type }) => type === 'part').length).toBeGreaterThan(0)
  })

  it('a model that takes no response_format, which LiteLLM refuses by itself, is asked without it', async () => {
    const refused = await fetch(`${proxy.baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${proxy.masterKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'no-schema',
        messages: [{ role: 'user', content: 'Hello' }],
        response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } },
      }),
    })
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('response_format')

    const response = await generate('script', { ...scriptRequest, model: 'no-schema' })
    expect(await response.json()).toMatchObject({ success: true, data: { usage: { turns: 1 } } })
  })

  it('a model that writes something else is GENERATION_FAILED after two turns', async () => {
    const response = await generate('script', { ...scriptRequest, model: 'prose' })
    const { details } = await expectEnvelope(response, 500, 'GENERATION_FAILED')
    expect(details).toMatchObject({ reason: 'invalid', usage: { turns: 2 } })
  })

  it("an unknown model is LiteLLM's 400", async () => {
    await expectEnvelope(await generate('script', { ...scriptRequest, model: 'no-such-model' }), 400)
  })
})
