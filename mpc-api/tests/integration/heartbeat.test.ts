import { describe, expect, it } from 'vitest'
import { handshakeText } from '../support/handshake-text.ts'
import { keyHeader, startSocketPair } from '../support/start-socket-pair.ts'
import { within } from '../support/within.ts'

const pingMs = 100
const idleMs = 400
const { gateway, open, raw, upstream } = await startSocketPair({
  MPC_PING_INTERVAL_MS: String(pingMs),
  MPC_IDLE_TIMEOUT_MS: String(idleMs),
})
/** Silence is looked at once an interval; a busy machine may be late. */
const latestMs = idleMs + 2 * pingMs + 1_000
/** The first bytes of a ping of ours. */
const ping = String.fromCharCode(0x89)

/** The session's other side answers pings, as LiteLLM does. */
async function letLitellmAnswer() {
  const server = await upstream.nextSocket()
  server.socket.on('ping', (data: Buffer) => server.socket.pong(data))
  return server
}

describe.each(['/api/realtime?model=m', '/api/ws/chat'])('a WebSocket of %s', (path) => {
  it('whose client does not answer pings is cut after MPC_IDLE_TIMEOUT_MS, not before', async () => {
    const client = await raw()
    // The gateway's clock starts between this and the answer.
    const askedAt = performance.now()
    client.send(handshakeText(path, { ...keyHeader, 'X-Request-Id': `mute${path.slice(0, 12)}` }))
    await client.until('101')
    if (path.includes('realtime')) await letLitellmAnswer()
    await client.closed(latestMs)

    expect(performance.now() - askedAt).toBeGreaterThan(idleMs)
    expect(client.bytes().toString('latin1')).toContain(`${ping}\u0007mpc-api`)
    const line = () => gateway.logs().find(({ id }) => id === `mute${path.slice(0, 12)}`)
    await expect.poll(line).toMatchObject({ closeCode: 1006 })
  })

  it('whose client answers pings stays, however long nothing is said', async () => {
    const client = await open(path)
    if (path.includes('realtime')) await letLitellmAnswer()
    const early = await Promise.race([
      client.closed,
      new Promise((resolve) => setTimeout(resolve, 3 * idleMs, 'open')),
    ])

    expect(early).toBe('open')
    client.socket.close()
  })
})

describe('a realtime session', () => {
  it('whose client is cut is ended at LiteLLM too', async () => {
    const client = await raw()
    client.send(handshakeText('/api/realtime?model=m', keyHeader))
    const server = await letLitellmAnswer()

    await client.closed(latestMs)
    await within(latestMs, server.closed, 'LiteLLM was not let go')
  })

  it('whose LiteLLM does not answer pings ends with 1011', async () => {
    const client = await open('/api/realtime?model=m')

    expect(await within(latestMs, client.closed, 'the session went on')).toMatchObject({ code: 1011 })
  })
})
