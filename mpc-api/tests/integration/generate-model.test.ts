import { expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { scriptDraft, scriptRequest, writes } from '../support/generation-drafts.ts'
import { startPair } from '../support/start-pair.ts'

const { post, upstream } = await startPair()

it('POST /generate/script without a model, where MPC_GENERATE_MODEL is not set, is 422 that says so', async () => {
  const error = await expectEnvelope(await post('/generate/script', scriptRequest), 422, 'VALIDATION_ERROR')
  expect(error).toMatchObject({
    param: 'model',
    message: expect.stringContaining('MPC_GENERATE_MODEL') as string,
  })
  expect(upstream.received()).toBe('')
})

it('POST /generate/script with a model needs no MPC_GENERATE_MODEL', async () => {
  upstream.respond(writes(scriptDraft))
  expect((await post('/generate/script', { ...scriptRequest, model: 'writer' })).status).toBe(200)
})
