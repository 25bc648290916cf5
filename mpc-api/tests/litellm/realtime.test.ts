import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { findLitellm } from '../support/litellm-installation.ts'
import { type LitellmProcess, startLitellm } from '../support/litellm-process.ts'
import { openRefused, openSocket } from '../support/socket-client.ts'
import { type SocketUpstream, startSocketUpstream } from '../support/socket-upstream.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'
import { clientKey } from '../support/start-pair.ts'
import { within } from '../support/within.ts'

const litellm = await findLitellm()
const headers = { authorization: `Bearer ${clientKey}` }

/** A scripted realtime provider behind a real LiteLLM behind the gateway. */
describe.skipIf(!litellm.ready)('GET /api/realtime in front of a real LiteLLM', () => {
  let provider: SocketUpstream
  let proxy: LitellmProcess
  let gateway: TestGateway
  let folder: string

  beforeAll(async () => {
    if (!litellm.ready) return
    provider = await startSocketUpstream()
    folder = await mkdtemp(join(tmpdir(), 'realtime-'))
    const configFile = join(folder, 'config.yaml')
    await writeFile(configFile, toConfig(provider.url))
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
    await provider.stop()
    await rm(folder, { recursive: true })
  })
  const url = (model: string) => `${gateway.url}/api/realtime?model=${model}`

  it('carries a session to the provider and back, with usage in the log', async () => {
    const client = await openSocket(url('speaking'), { headers: { ...headers, 'x-request-id': 'real-rt' } }, [
      'realtime',
    ])
    const server = await provider.nextSocket()
    expect(client.socket.protocol).toBe('realtime')
    server.socket.send(JSON.stringify({ type: 'session.created', event_id: 'e0', session: { id: 's' } }))
    await client.until((event) => event['type'] === 'session.created', 15_000)
    client.socket.send(JSON.stringify({ type: 'response.create' }))
    await expect.poll(() => server.received.length).toBeGreaterThan(0)
    const usage = { total_tokens: 5, input_tokens: 2, output_tokens: 3 }
    const done = {
      type: 'response.done',
      event_id: 'e1',
      response: { id: 'r', status: 'completed', output: [], usage },
    }
    server.socket.send(JSON.stringify(done))
    await client.until((event) => event['type'] === 'response.done', 15_000)
    client.socket.close(1000)
    await within(15_000, server.closed, 'the provider was not let go')
    const line = () => gateway.logs().find((one) => one['id'] === 'real-rt')
    await expect.poll(line).toBeDefined()

    expect(line()).toMatchObject({ status: 101, model: 'speaking', usage: { input: 2, output: 3 } })
  })

  it('lets the provider go when the client vanishes', async () => {
    const client = await openSocket(url('speaking'), { headers })
    const server = await provider.nextSocket()
    client.socket.terminate()

    await within(15_000, server.closed, 'the provider was not let go')
  })

  it('passes on how LiteLLM refuses a model that it does not have', async () => {
    const outcome = await openSocket(url('unknown'), { headers }).then(
      async (client) => (await within(15_000, client.closed, 'the session went on')).code,
      async () => {
        const refused = await openRefused(url('unknown'), { headers })
        await expectEnvelope({ ...refused, complete: true }, refused.status)
        return refused.status
      },
    )

    expect(outcome).toBeGreaterThanOrEqual(400)
  })
})

function toConfig(providerUrl: string): string {
  return `model_list:
  - model_name: speaking
    litellm_params:
      model: openai/gpt-4o-realtime-preview
      api_base: ${providerUrl}
      api_key: sk-of-the-provider
`
}
