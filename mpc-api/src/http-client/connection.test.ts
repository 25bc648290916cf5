import { describe, expect, it } from 'vitest'
import { startDeafListener } from '../../tests/support/deaf-listener.ts'
import { freePort } from '../../tests/support/free-port.ts'
import { serve, startIdle, startPool } from '../../tests/support/start-pool.ts'
import { untilStill } from '../../tests/support/until-still.ts'
import { ConnectError, ResponseError } from './client-errors.ts'

describe('a connection that cannot be made', () => {
  it('is a ConnectError when it is refused, told after the request was taken', async () => {
    const { send } = await startPool({ url: `http://127.0.0.1:${await freePort()}` })
    const listener = send()
    expect(listener.events).toEqual([])

    await listener.until('error')
    expect(listener.problem).toBeInstanceOf(ConnectError)
    expect(listener.problem?.cause).toMatchObject({ code: 'ECONNREFUSED' })
    expect(listener.events).toEqual(['error'])
  })

  it('is a ConnectError when it takes longer than connectMs', async ({ skip }) => {
    const deaf = await startDeafListener()
    skip(deaf === undefined, 'this system accepts more connections than its backlog')
    const { send } = await startPool({ url: deaf!.url, connectMs: 100 })
    const begun = performance.now()
    const listener = await send()
      .until('error')
      .finally(() => deaf!.stop())

    expect(performance.now() - begun).toBeGreaterThanOrEqual(99)
    expect(listener.problem).toBeInstanceOf(ConnectError)
    expect(listener.problem?.cause).toMatchObject({ code: 'ETIMEDOUT' })
  })

  it('does not take the next request with it', async () => {
    const { server, send } = await startPool()
    const gone = send()
    gone.transfer!.abort()
    const next = send()
    const served = async (): Promise<unknown> => serve(await server.next(), 'b').catch(served)
    void served()
    expect((await next.until('end')).body).toBe('b')
    expect(gone.events).toEqual([])
  })
})

describe('a connection that is lost', () => {
  it.each(['fresh', 'idle'])(
    'before the answer is no ConnectError, for the request may have been read: %s',
    async (kind) => {
      const { server, send, peer } = await startIdle()
      const busy = kind === 'fresh' ? send() : undefined
      if (busy) await peer.take('\r\n\r\n')
      const listener = send({ path: '/lost' })
      const other = busy ? await server.next() : peer
      await other.take('\r\n\r\n')
      other.socket.resetAndDestroy()

      await listener.until('error')
      expect(listener.problem).not.toBeInstanceOf(ConnectError)
      expect(listener.problem).toMatchObject({ code: 'ECONNRESET' })
      expect(listener.events).toEqual(['error'])
      // It is sent once.
      await untilStill(() => server.peers.map((each) => each.waiting()).join())
      expect(server.peers.map((each) => each.waiting()).join('')).toBe('')
      expect(server.peers).toHaveLength(busy ? 2 : 1)
    },
  )

  it.each([
    ['before the answer', '', ['error']],
    ['within the head', 'HTTP/1.1 200 OK\r\ncontent', ['error']],
    ['within the body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel', ['head', 'data', 'error']],
    [
      'within a chunk',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel',
      ['head', 'data', 'error'],
    ],
  ])('politely, but %s, is an answer that is not whole', async (_, text, events) => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const listener = send()
    await peer.take('\r\n\r\n')
    peer.socket.end(text)

    await listener.until('error')
    expect(listener.problem).toBeInstanceOf(ResponseError)
    expect(listener.problem).toMatchObject({ code: 'CLOSED_EARLY' })
    expect(listener.events).toEqual(events)
    await expectFreshConnection()
  })

  it('by a reset within an answer that ends with the connection is no end', async () => {
    const { send, peer } = await startIdle()
    const listener = send()
    await peer.take('\r\n\r\n')
    peer.write('HTTP/1.1 200 OK\r\n\r\nhel')
    await listener.until('data')
    peer.socket.resetAndDestroy()

    await listener.until('error')
    expect(listener.events).toEqual(['head', 'data', 'error'])
  })

  it('politely is the end of an answer without a length', async () => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const listener = send()
    await peer.take('\r\n\r\n')
    peer.socket.end('HTTP/1.1 200 OK\r\n\r\nhello')

    expect((await listener.until('end')).body).toBe('hello')
    await expectFreshConnection()
  })

  it('is closed when its answer is no sound HTTP', async () => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const listener = send()
    await peer.take('\r\n\r\n')
    peer.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n')

    await listener.until('error')
    expect(listener.problem).toMatchObject({ code: 'BROKEN_RESPONSE' })
    expect(listener.events).toEqual(['error'])
    await peer.closed
    await expectFreshConnection()
  })
})
