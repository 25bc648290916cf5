import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chat, chatStatus, litellmUrl } from './support/chat.ts'
import { reasonToSkip, sayWhySkipped } from './support/engine.ts'
import { type Part, type Stack, createStack } from './support/stack.ts'
import { virtualKeyOf } from './virtual-key.ts'

const reason = await reasonToSkip()
sayWhySkipped(reason)

describe.skipIf(reason !== undefined)('the folders of the core, each started by itself', () => {
  let stack: Stack
  const up = async (name: Part | 'ai-infra') => {
    const { code, stderr } = await stack.compose(
      name,
      'up',
      '-d',
      '--build',
      '--wait',
      '--wait-timeout',
      '540',
    )
    if (code !== 0) throw new Error(stderr)
  }
  const idOf = async (service: string) => (await stack.inspect('ai-infra', service)).Id

  beforeAll(async () => {
    stack = await createStack()
  })
  afterAll(() => stack.remove())

  it('ai-infra/litellm starts LiteLLM with its databases, and nothing else', async () => {
    await up('litellm')
    const { stdout } = await stack.compose('ai-infra', 'ps', '--services')
    expect(stdout.trim().split('\n').sort()).toEqual(['litellm', 'postgres', 'redis'])
    expect((await chat(litellmUrl(stack), stack.env['LITELLM_MASTER_KEY'])).status).toBe(200)
  })

  describe("then MPC-API's virtual key", () => virtualKeyOf(() => stack))

  it('mpc-api adds MPC-API to the LiteLLM that runs', async () => {
    const before = await idOf('litellm')
    await up('mpc-api')
    expect(await idOf('litellm')).toBe(before)
    expect(await chatStatus(stack)).toBe(200)
  })

  it('the root finds all of it running and replaces nothing', async () => {
    const services = ['postgres', 'redis', 'litellm', 'mpc-api']
    const before = await Promise.all(services.map(idOf))
    await up('ai-infra')
    expect(await Promise.all(services.map(idOf))).toEqual(before)
  })
})
