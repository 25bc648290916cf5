import { afterAll, beforeAll, expect, it } from 'vitest'
import { chatAnswer } from '../support/chat-frames.ts'
import { openRawClient } from '../support/raw-client.ts'
import { type SpawnedGateway, spawnGateway } from '../support/spawn-gateway.ts'
import { ask, chatPath } from '../support/start-pair.ts'
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub.ts'

let upstream: UpstreamStub
let gateway: SpawnedGateway

beforeAll(async () => {
  upstream = await startUpstreamStub()
  gateway = await spawnGateway({
    LITELLM_BASE_URL: upstream.url,
    MPC_API_KEY: 'sk-mpc-memory',
    // A body of 2 MB that is kept byte by byte would take 360 MB.
    NODE_OPTIONS: '--max-old-space-size=96',
  })
})
afterAll(async () => {
  gateway.kill('SIGKILL')
  await upstream.stop()
})

it('a body that comes in chunks of one byte takes no more memory than its bytes', async () => {
  upstream.respond(chatAnswer())
  const content = 'x'.repeat(2_000_000)
  const body = JSON.stringify({ ...ask, messages: [{ role: 'user', content }] })
  const client = await openRawClient(gateway.url)
  client.send(
    `POST ${chatPath} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-mpc-memory\r\n`,
    'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    body.replace(/./g, '1\r\n$&\r\n'),
    '0\r\n\r\n',
  )

  expect((await client.answer()).status).toBe(200)
  expect(upstream.requests.at(-1)?.body.toString()).toBe(body)
  client.destroy()
}, 30_000)
