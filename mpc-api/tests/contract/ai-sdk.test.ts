import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { APICallError, generateText } from 'ai'
import { describe, expect, it } from 'vitest'
import { chatAnswer } from '../support/chat-frames.ts'
import { clientKey, startPair } from '../support/start-pair.ts'
import { json } from '../support/upstream-behaviours.ts'

const { gateway, upstream } = await startPair()

const options = { name: 'mpc', baseURL: `${gateway.url}/api/v1`, apiKey: clientKey }
const model = createOpenAICompatible(options)('scripted')

describe('the Vercel AI SDK', () => {
  it('gets a whole answer with its usage', async () => {
    upstream.respond(chatAnswer('Grüß Gott'))
    const { text, usage } = await generateText({ model, prompt: 'Hello' })

    expect(text).toBe('Grüß Gott')
    expect(usage).toMatchObject({ inputTokens: 11, outputTokens: 7 })
  })

  it('reads the message of an error of ours', async () => {
    const stranger = createOpenAICompatible({ ...options, apiKey: 'wrong' })('scripted')
    const error = await generateText({ model: stranger, prompt: 'x', maxRetries: 0 }).catch(
      (thrown: unknown) => thrown,
    )

    expect(error).toBeInstanceOf(APICallError)
    expect(error).toMatchObject({ statusCode: 401, isRetryable: false })
    expect((error as APICallError).message).not.toBe('Unauthorized')
  })

  it('reads the message of an error of LiteLLM', async () => {
    const refusal = {
      message: 'max_tokens is too large',
      type: 'invalid_request_error',
      param: 'None',
      code: '400',
    }
    upstream.respond(json({ error: refusal }, { status: 400 }))
    const error = await generateText({ model, prompt: 'x', maxRetries: 0 }).catch((thrown: unknown) => thrown)

    expect((error as APICallError).message).toBe('max_tokens is too large')
  })
})
