import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expectContract } from '../support/expect-contract.ts'
import { findLitellm } from '../support/litellm-installation.ts'
import { clientKey, type LitellmPair, startLitellmPair } from '../support/start-litellm-pair.ts'

const litellm = await findLitellm()
const messages = [{ role: 'user', content: 'Say hello.' }]

describe.skipIf(!litellm.ready)('a real LiteLLM, seen through the gateway, keeps the contract', () => {
  let pair: LitellmPair
  beforeAll(async () => {
    if (litellm.ready) pair = await startLitellmPair(litellm.program)
  })
  afterAll(() => pair[Symbol.asyncDispose]())
  beforeEach(() => pair.proxy.script())

  const post = (path: string, body: object) =>
    fetch(pair.gateway.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${clientKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  it('listModels, getModel, getHealth', async () => {
    await expectContract('listModels', await pair.get('/api/models'))
    await expectContract('getModel', await pair.get('/api/models/mock'))
    await expectContract('getHealth', await pair.get('/health'))
  })

  it.each(['mock', 'gpt-4o-mini', 'claude-sonnet-5-5'])('createChatCompletion with %s', async (model) => {
    await expectContract('createChatCompletion', await pair.chat(model))
    await expectContract('createChatCompletion', await pair.chat(model, { stream: true }))
  })

  // LiteLLM 1.106.2 answers 500 when a mock model is to stream a response; a Claude one does it.
  it.each<[string, string, object]>([
    ['createCompletion', '/api/completions', { prompt: 'Say hello.' }],
    ['createResponse', '/api/responses', { model: 'claude-sonnet-5-5', input: 'Say hello.' }],
    ['createMessage', '/api/v1/messages', { messages, max_tokens: 20 }],
  ])('%s, whole and streamed', async (operationId, path, body) => {
    for (const stream of [false, true]) {
      const response = await post(path, { model: 'mock', stream, ...body })
      expect(response.status, operationId).toBe(200)
      await expectContract(operationId, response)
    }
  })

  it('countMessageTokens', async () => {
    const response = await post('/api/v1/messages/count_tokens', { model: 'mock', messages })
    expect(response.status).toBe(200)
    await expectContract('countMessageTokens', response)
  })

  it('refusals', async () => {
    await expectContract('createChatCompletion', await pair.chat('no-such-model'))
    await expectContract(
      'createMessage',
      await post('/api/v1/messages', { model: 'no-such-model', messages }),
    )
    await expectContract('getFile', await pair.get('/api/files/no-such-file'))
  })
})
