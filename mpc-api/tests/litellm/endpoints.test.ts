import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectContract } from '../support/expect-contract.ts'
import { findLitellm } from '../support/litellm-installation.ts'
import { type LitellmProcess, startLitellm } from '../support/litellm-process.ts'
import { multipart, type Part } from '../support/multipart-body.ts'
import { type ScriptedEndpoints, startScriptedEndpoints } from '../support/scripted-openai-endpoints.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'
import { clientKey } from '../support/start-pair.ts'

const litellm = await findLitellm()
const sound: Part = ['file', Buffer.from('RIFF')]
const image: Part = ['image', Buffer.from('png')]

/**
 * What is no chat, through a real LiteLLM: from its own mock responses where it has them (embeddings, pictures), from a
 * scripted provider where it has none.
 */
describe.skipIf(!litellm.ready)('a real LiteLLM, seen through the gateway', () => {
  let provider: ScriptedEndpoints
  let proxy: LitellmProcess
  let gateway: TestGateway
  let folder: string

  beforeAll(async () => {
    if (!litellm.ready) return
    provider = await startScriptedEndpoints()
    folder = await mkdtemp(join(tmpdir(), 'endpoints-'))
    const configFile = join(folder, 'config.yaml')
    await writeFile(configFile, toConfig(provider.origin))
    const env = { OPENAI_API_KEY: 'sk-scripted', OPENAI_BASE_URL: `${provider.origin}/v1` }
    proxy = await startLitellm({ program: litellm.program, configFile, env })
    const own = { LITELLM_BASE_URL: proxy.baseUrl, LITELLM_API_KEY: proxy.masterKey, MPC_API_KEY: clientKey }
    gateway = await startGateway(own)
  })
  afterAll(async () => {
    await gateway.stop()
    await proxy.stop()
    await provider.close()
    await rm(folder, { recursive: true })
  })

  /** Sends to the gateway, and waits for the line of the access log. */
  async function send(method: string, path: string, body?: object | readonly Part[]) {
    const id = randomUUID()
    const headers = { authorization: `Bearer ${clientKey}`, 'x-request-id': id }
    const content = Array.isArray(body) ? multipart(...(body as Part[])) : asJson(body)
    const response = await fetch(gateway.url + path, {
      method,
      headers: { ...headers, ...content?.headers },
      body: content?.bytes ?? null,
    })
    return { response, line: () => gateway.logs().find((entry) => entry['id'] === id) }
  }

  it.each([
    ['createEmbedding', '/api/embeddings', { model: 'mock-embedding', input: 'hello' }, { input: 10 }],
    ['createImage', '/api/images/generations', { model: 'mock-image', prompt: 'a hedgehog' }, { images: 1 }],
  ])('%s keeps the contract with a mock response, and is logged with its usage', async (...row) => {
    const [operationId, path, body, usage] = row
    const { response, line } = await send('POST', path, body)
    expect(response.status).toBe(200)
    await expectContract(operationId, response)
    await expect.poll(line).toMatchObject({ status: 200, model: body.model, usage })
  })

  it.each<[string, string, object | readonly Part[], object]>([
    [
      'createEmbedding',
      '/api/embeddings',
      { model: 'text-embedding-3-small', input: 'hello' },
      // 0.02 dollars a million tokens.
      { usage: { input: 1_000 }, costMicroUsd: 20 },
    ],
    [
      'createImage',
      '/api/images/generations',
      { model: 'gpt-image-1', prompt: 'a hedgehog' },
      { usage: { input: 10, output: 100 }, costMicroUsd: expect.any(Number) as number },
    ],
    [
      'editImage',
      '/api/images/edits',
      [['model', 'gpt-image-1'], ['prompt', 'green'], image],
      { usage: { input: 10, output: 100 }, costMicroUsd: expect.any(Number) as number },
    ],
    ['createModeration', '/api/moderations', { model: 'omni-moderation-latest', input: 'hello' }, {}],
    [
      'rerank',
      '/api/rerank',
      { model: 'rerank-v3.5', query: 'a', documents: ['a', 'b'] },
      { usage: { searchUnits: 1 }, costMicroUsd: 2_000 },
    ],
    [
      'rerankV2',
      '/api/v2/rerank',
      { model: 'rerank-v3.5', query: 'a', documents: ['a', 'b'] },
      { usage: { searchUnits: 1 }, costMicroUsd: 2_000 },
    ],
    [
      'createSpeech',
      '/api/audio/speech',
      { model: 'tts-1', input: 'Grüß Gott', voice: 'alloy' },
      // 15 dollars a million characters, of which LiteLLM leaves the blanks out.
      { usage: { characters: 9 }, costMicroUsd: 120 },
    ],
    [
      'createTranscription',
      '/api/audio/transcriptions',
      [['model', 'whisper-1'], sound],
      { usage: { audioSeconds: 9 } },
    ],
  ])('%s keeps the contract, and is logged with its usage and cost', async (...row) => {
    const [operationId, path, body, logged] = row
    const { response, line } = await send('POST', path, body)
    expect(response.status, await response.clone().text()).toBe(200)
    await expectContract(operationId, response)
    await expect.poll(line).toMatchObject({ status: 200, outcome: 'completed', ...logged })
  })

  it.each<[string, string, string, (object | readonly Part[])?]>([
    [
      'createFile',
      'POST',
      '/api/files',
      [
        ['purpose', 'user_data'],
        ['file', Buffer.from('{}\n')],
      ],
    ],
    ['listFiles', 'GET', '/api/files'],
    ['getFile', 'GET', '/api/files/file-1'],
    ['getFileContent', 'GET', '/api/files/file-1/content'],
    ['deleteFile', 'DELETE', '/api/files/file-1'],
    [
      'createBatch',
      'POST',
      '/api/batches',
      { input_file_id: 'file-1', endpoint: '/v1/chat/completions', completion_window: '24h' },
    ],
    ['listBatches', 'GET', '/api/batches'],
    ['getBatch', 'GET', '/api/batches/batch_1'],
    ['cancelBatch', 'POST', '/api/batches/batch_1/cancel'],
  ])('%s keeps the contract', async (operationId, method, path, body) => {
    const { response } = await send(method, path, body)
    expect(response.status, await response.clone().text()).toBe(200)
    await expectContract(operationId, response)
  })

  it('getResponse and what follows keep the contract, with the long ids that LiteLLM makes', async () => {
    const made = await send('POST', '/api/responses', { model: 'gpt-4o-mini', input: 'hello' })
    const { id } = JSON.parse(await expectContract('createResponse', made.response)) as { id: string }
    await expect.poll(made.line).toMatchObject({ usage: { input: 1_000, output: 3 }, costMicroUsd: 152 })
    const path = `/api/responses/${id}`
    const calls = [
      ['getResponse', 'GET', path],
      ['listResponseInputItems', 'GET', `${path}/input_items`],
      ['cancelResponse', 'POST', `${path}/cancel`],
      ['deleteResponse', 'DELETE', path],
    ] as const
    for (const [operationId, method, target] of calls) {
      const { response } = await send(method, target)
      expect(response.status, await response.clone().text()).toBe(200)
      await expectContract(operationId, response)
    }
    expect(provider.calls).toContain('DELETE /v1/responses/resp_1')
  })

  it.each<[string, string, readonly Part[]]>([
    ['createTranslation', '/api/audio/translations', [['model', 'whisper-1'], sound]],
    ['createImageVariation', '/api/images/variations', [['model', 'dall-e-2'], image]],
  ])(
    '%s, which LiteLLM 1.106.2 does not serve, is refused in the envelope',
    async (operationId, path, body) => {
      const { response } = await send('POST', path, body)
      expect(response.status, await response.clone().text()).toBeGreaterThanOrEqual(400)
      await expectContract(operationId, response)
    },
  )
})

function asJson(body: object | undefined) {
  if (body === undefined) return undefined
  return { bytes: Buffer.from(JSON.stringify(body)), headers: { 'content-type': 'application/json' } }
}

function toConfig(origin: string): string {
  const openai = (model: string): string =>
    `  - model_name: ${model}
    litellm_params: { model: openai/${model}, api_base: ${origin}/v1, api_key: sk-scripted }`
  const models = [
    'gpt-4o-mini',
    'text-embedding-3-small',
    'gpt-image-1',
    'omni-moderation-latest',
    'tts-1',
    'whisper-1',
    'dall-e-2',
  ]
  return `model_list:
  - model_name: mock-embedding
    litellm_params: { model: openai/mock, api_key: none, mock_response: [0.5, -0.5] }
  - model_name: mock-image
    litellm_params: { model: openai/dall-e-3, api_key: none, mock_response: 'http://example.test/a.png' }
  - model_name: rerank-v3.5
    litellm_params: { model: cohere/rerank-v3.5, api_base: ${origin}/v1/rerank, api_key: scripted }
${models.map(openai).join('\n')}
files_settings:
  - { custom_llm_provider: openai, api_base: ${origin}/v1, api_key: sk-scripted }
`
}
