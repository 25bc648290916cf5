import { describe, expect, it, vi } from 'vitest'
import { ResponseListener } from '../../tests/support/response-listener.ts'
import { answer, pausingAt, serve, startIdle, startPool } from '../../tests/support/start-pool.ts'
import { untilStill } from '../../tests/support/until-still.ts'
import { ConnectError } from './client-errors.ts'
import { ConnectionPool } from './connection-pool.ts'

const bogus = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nbogus'

describe('a connection', () => {
  it('is used again and again', async () => {
    const { server, send, peer } = await startIdle()
    for (const body of ['a', 'b', 'c', '', 'd']) {
      const next = send({ path: `/${body}` })
      expect(await serve(peer, body)).toMatch(`GET /${body} HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n`)
      expect((await next.until('end')).body).toBe(body)
    }
    expect(server.peers).toHaveLength(1)
  })

  it('is used again after an answer in chunks, with trailers, and after one without a body', async () => {
    const { server, send, peer } = await startIdle()
    for (const text of [
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nx: y\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    ]) {
      const next = send()
      await peer.take('\r\n\r\n')
      peer.write(text)
      await next.until('end')
    }
    const last = send()
    await serve(peer, 'last')
    expect((await last.until('end')).body).toBe('last')
    expect(server.peers).toHaveLength(1)
  })

  it('carries one request at a time: two at a time take two, and these are used again', async () => {
    const { server, send } = await startPool()
    for (const [one, other] of ['ab', 'cd'] as Iterable<string>) {
      const listeners = [send({ path: `/${one}` }), send({ path: `/${other}` })]
      const peers = server.peers.length === 0 ? [await server.next(), await server.next()] : server.peers
      const asked = await Promise.all(peers.map((peer) => peer.take('\r\n\r\n')))
      const paths = asked.map((head) => head.split(' ')[1]!)
      expect([...paths].sort()).toEqual([`/${one}`, `/${other}`])
      peers.forEach((peer, index) => peer.write(answer(paths[index]!)))
      await Promise.all(listeners.map((listener) => listener.until('end')))
      expect(listeners.map(({ body }) => body)).toEqual([`/${one}`, `/${other}`])
    }
    expect(server.peers).toHaveLength(2)
  })

  it('that was used last is used next, so that the others grow old', async () => {
    const { server, send } = await startPool()
    const listeners = [send({ path: '/a' }), send({ path: '/b' })]
    const peers = [await server.next(), await server.next()]
    for (const peer of peers) {
      const path = (await peer.take('\r\n\r\n')).split(' ')[1]!
      peer.write(answer(''))
      await listeners[path === '/a' ? 0 : 1]!.until('end')
    }
    for (let turn = 0; turn < 3; turn += 1) {
      const next = send()
      await serve(peers[1]!, '')
      await next.until('end')
    }
    expect(peers[0]!.waiting()).toBe('')
  })

  it('that the server closed is never used', async () => {
    const { peer, expectFreshConnection } = await startIdle()
    peer.socket.end()
    await peer.closed
    await expectFreshConnection()
  })

  it('that the server reset is never used', async () => {
    const { peer, expectFreshConnection } = await startIdle()
    peer.socket.resetAndDestroy()
    await peer.closed
    await untilStill(() => peer.waiting())
    await expectFreshConnection()
  })

  it.each(['x', '\r\n', bogus])(
    'on which %j comes unasked is closed, and that is nobody’s answer',
    async (text) => {
      const { peer, expectFreshConnection } = await startIdle()
      peer.write(text)
      await peer.closed
      await expectFreshConnection()
    },
  )

  it.each(['x', '\r\n', bogus])(
    'on which %j comes behind an answer is closed, and so is that',
    async (text) => {
      const { send, peer, expectFreshConnection } = await startIdle()
      const next = send()
      await peer.take('\r\n\r\n')
      peer.write(answer('second') + text)
      expect((await next.until('end')).body).toBe('second')
      await peer.closed
      await expectFreshConnection()
    },
  )

  it.each(['x', bogus])(
    'on which %j comes behind an answer whose client pauses is closed as well',
    async (text) => {
      const { send, peer, expectFreshConnection } = await startIdle()
      const slow = send({}, pausingAt('head'))
      await peer.take('\r\n\r\n')
      peer.write(answer('second') + text)

      expect((await slow.until('end')).body).toBe('second')
      await peer.closed
      await expectFreshConnection()
    },
  )

  it.each(['x', bogus])(
    'on which %j comes behind an answer during a pause is closed as well',
    async (text) => {
      const { send, peer, expectFreshConnection } = await startIdle()
      const slow = send({}, pausingAt('head'))
      await peer.take('\r\n\r\n')
      peer.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n')
      await slow.until('head')
      peer.write('second')
      peer.write(text)
      await untilStill(() => slow.received)
      slow.transfer!.resume()

      expect((await slow.until('end')).body).toBe('second')
      await expectFreshConnection()
      await peer.closed
    },
  )
})

describe('a connection is not used again when the server says so', () => {
  it.each([
    ['connection: close'],
    ['Connection: Keep-Alive, Close'],
    ['keep-alive: timeout=0'],
    // It would be closed while a request is on its way.
    ['keep-alive: timeout=1'],
  ])('with %s', async (field) => {
    const { peer, expectFreshConnection } = await startIdle({}, field)
    await peer.closed
    await expectFreshConnection()
  })

  it('by speaking HTTP/1.0', async () => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const next = send()
    await peer.take('\r\n\r\n')
    peer.write('HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n')
    await next.until('end')
    await peer.closed
    await expectFreshConnection()
  })

  it('a little before the time it says has passed', async () => {
    const { send, peer, expectFreshConnection } = await startIdle({}, 'keep-alive: timeout=3')
    const next = send()
    await serve(peer, '', 'keep-alive: timeout=3')
    await next.until('end')

    const later = performance.now() + 2000
    vi.spyOn(performance, 'now').mockReturnValue(later)
    try {
      await Promise.all([expectFreshConnection(), peer.closed])
    } finally {
      vi.restoreAllMocks()
    }
  })
})

describe('connections that are idle', () => {
  it('are closed after keepAliveMs, not before', async () => {
    const begun = performance.now()
    const { peer } = await startIdle({ keepAliveMs: 150 })
    await peer.closed

    expect(performance.now() - begun).toBeGreaterThanOrEqual(149)
  })

  it('are all closed, also those that became idle later', async () => {
    const { server, send, peer } = await startIdle({ keepAliveMs: 100 })
    const listeners = [send(), send(), send()]
    const peers = [peer, await server.next(), await server.next()]
    for (const each of peers) await serve(each, '')
    await Promise.all(listeners.map((listener) => listener.until('end')))
    await Promise.all(peers.map((each) => each.closed))
    expect(server.peers).toHaveLength(3)
  })

  it('do not keep the process alive', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const before = timers()
    await startIdle({ keepAliveMs: 60_000 })

    expect(timers()).toBeLessThanOrEqual(before)
  })
})

describe('close', () => {
  it.each([
    ['read', () => new ResponseListener()],
    ['held back', () => pausingAt('head')],
  ])('ends what is under way, also what is %s, and nothing is sent after it', async (_, listener) => {
    const { server, pool, send, peer } = await startIdle()
    const waiting = send()
    const reading = send({}, listener())
    const other = await server.next()
    await Promise.all([peer, other].map((each) => each.take('\r\n\r\n')))
    other.write('HTTP/1.1 200 OK\r\n\r\nhel')
    await reading.until('data')
    pool.close()

    await Promise.all([waiting.until('error'), reading.until('error'), peer.closed, other.closed])
    expect(reading.events).toEqual(['head', 'data', 'error'])
    expect(() => send()).toThrow(ConnectError)
    expect(server.peers).toHaveLength(2)
  })

  it('ends what is idle', async () => {
    const { pool, peer } = await startIdle()
    pool.close()
    await peer.closed
  })

  it('ends what is still connecting, as a ConnectError', async () => {
    const { pool, send } = await startPool()
    const listener = send()
    pool.close()
    await listener.until('error')
    expect(listener.problem).toBeInstanceOf(ConnectError)
  })

  it('may be asked for more than once, and by a pool that was never used', () => {
    const pool = new ConnectionPool({ url: 'http://127.0.0.1:9', connectMs: 100, keepAliveMs: 100 })
    pool.close()
    pool.close()
  })
})
