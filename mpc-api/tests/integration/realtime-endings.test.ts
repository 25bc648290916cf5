import { describe, expect, it } from 'vitest'
import { handshakeText } from '../support/handshake-text.ts'
import { keyHeader, startSocketPair } from '../support/start-socket-pair.ts'
import { within } from '../support/within.ts'

const { gateway, upstream, open, raw } = await startSocketPair()
const path = '/api/realtime?model=gpt-realtime'

const logLine = async (id: string) => {
  const lines = () => gateway.logs().filter((line) => line['id'] === id)
  await expect.poll(() => lines().length).toBe(1)
  return lines()[0]!
}

describe('GET /api/realtime, the end', () => {
  it.each([
    [1000, 'bye'],
    [1001, ''],
    [3000, 'own'],
    [4999, 'ünï'],
    [1011, 'failed'],
    [1013, 'later'],
  ])('by the client with %i reaches LiteLLM with its reason', async (code, reason) => {
    const client = await open(path)
    const server = await upstream.nextSocket()
    client.socket.close(code, reason)

    expect(await server.closed).toMatchObject({ code, reason })
    expect(await client.closed).toMatchObject({ code })
  })

  it.each([
    [1000, 'bye'],
    [1008, 'model query parameter is required'],
    [1011, ''],
    [4000, 'own'],
  ])('by LiteLLM with %i reaches the client with its reason', async (code, reason) => {
    const client = await open(path)
    const server = await upstream.nextSocket()
    server.socket.send('{"type":"last"}')
    server.socket.close(code, reason)

    expect(await client.closed).toMatchObject({ code, reason })
    expect(client.received).toEqual(['{"type":"last"}'])
  })

  it('without a code is passed on without a code, both ways', async () => {
    const first = await open(path)
    const firstServer = await upstream.nextSocket()
    first.socket.close()
    expect((await firstServer.closed).code).toBe(1005)
    const second = await open(path)
    const secondServer = await upstream.nextSocket()
    secondServer.socket.close()
    expect((await second.closed).code).toBe(1005)
  })

  it.each([['cuts the connection', (socket: { terminate(): void }) => socket.terminate()]])(
    'when the client %s, LiteLLM is closed within 250 ms with 1001',
    async (_, leave) => {
      const client = await open(path)
      const server = await upstream.nextSocket()
      const leftAt = performance.now()
      leave(client.socket)
      const closed = await within(2_000, server.closed, 'LiteLLM was never told')

      expect(closed.at - leftAt).toBeLessThan(250)
      expect(closed.code).toBe(1001)
    },
  )

  it.each(['halfClose', 'reset', 'destroy'] as const)(
    'when a client that does not read leaves by %s, LiteLLM is closed within 250 ms',
    async (leave) => {
      const client = await raw()
      client.send(handshakeText(path, keyHeader))
      await client.until('101')
      const server = await upstream.nextSocket()
      client.socket.pause()
      for (let count = 0; count < 40; count += 1) server.socket.send(Buffer.alloc(200_000))
      await expect.poll(() => server.socket.bufferedAmount > 0).toBe(true)
      const leftAt = performance.now()
      client[leave]()
      const closed = await within(2_000, server.closed, 'LiteLLM was never told')

      expect(closed.at - leftAt).toBeLessThan(250)
    },
  )

  it('when LiteLLM vanishes, the client is told by an error event and 1011, within 250 ms', async () => {
    const client = await open(path, { headers: { 'x-request-id': 'rt-lost' } })
    const server = await upstream.nextSocket()
    const leftAt = performance.now()
    server.socket.terminate()
    const closed = await within(2_000, client.closed, 'the client was never told')

    expect(closed.at - leftAt).toBeLessThan(250)
    expect(closed.code).toBe(1011)
    expect(client.frames().at(-1)).toMatchObject({ type: 'error', error: { code: 'LLM_ERROR' } })
    expect(await logLine('rt-lost')).toMatchObject({ error: 'LLM_ERROR', outcome: 'failed' })
  })

  it('when the client leaves before LiteLLM has answered, the handshake is given up within 250 ms', async () => {
    upstream.refuseWith('silence')
    const client = await raw()
    const before = upstream.connections()
    client.send(handshakeText(path, keyHeader))
    await expect.poll(() => upstream.connections()).toBe(before + 1)
    const leftAt = performance.now()
    client.halfClose()
    await expect.poll(() => upstream.connections(), { interval: 10 }).toBe(before)

    expect(performance.now() - leftAt).toBeLessThan(300)
  })
})
