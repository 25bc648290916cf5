import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { multipart } from '../support/multipart-body.ts'
import { clientKey } from '../support/start-pair.ts'
import { startGateway } from '../support/start-gateway.ts'
import { json } from '../support/upstream-behaviours.ts'
import { startUpstreamStub } from '../support/upstream-stub.ts'

const upstream = await startUpstreamStub()
const nobody = `http://127.0.0.1:${await freePort()}`
const gateway = await startGateway({ LITELLM_BASE_URL: `${nobody},${upstream.url}`, MPC_API_KEY: clientKey })
afterAll(async () => {
  await gateway.stop()
  await upstream.stop()
})

describe('an upload to an address that refuses connections', () => {
  it('goes to the next one, byte for byte, since nothing of it was sent', async () => {
    upstream.respond(json({ text: 'hello' }))
    const { bytes, headers } = multipart(['model', 'm'], ['file', randomBytes(500_000)])
    const answer = await fetch(`${gateway.url}/api/audio/transcriptions`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${clientKey}` },
      body: bytes,
    })

    expect(await answer.json()).toEqual({ text: 'hello' })
    expect(upstream.requests[0]?.body.equals(bytes)).toBe(true)
  })
})
