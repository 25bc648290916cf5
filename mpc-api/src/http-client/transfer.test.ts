import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { answer, serve, startIdle, startPool, TransferListener } from '../../tests/support/start-pool.ts'
import { untilStill } from '../../tests/support/until-still.ts'

const KIB = 1024
const MIB = 1024 * KIB
const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'

describe('an aborted transfer', () => {
  it('closes a connection that is still being made, and sends nothing', async () => {
    const { server, send } = await startPool()
    const gone = send({ path: '/gone' })
    gone.transfer!.abort()
    const next = send({ path: '/next' })
    // The server may have accepted the first one before it was closed.
    const serveNext = async (): Promise<string> => {
      const peer = await server.next()
      return Promise.race([serve(peer, ''), peer.closed.then(serveNext)])
    }
    expect(await serveNext()).toMatch(/^GET \/next /)
    await next.until('end')
    await untilStill(() => server.peers.length)

    expect(gone.events).toEqual([])
    expect(gone.transfer!.isOpen).toBe(false)
    expect(server.peers.map((peer) => peer.waiting()).join('')).toBe('')
  })

  it('closes its connection before anything was answered', async () => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const gone = send()
    await peer.take('\r\n\r\n')
    gone.transfer!.abort()

    await peer.closed
    await expectFreshConnection()
    expect(gone.events).toEqual([])
  })

  it('closes its connection while its body is being sent, and lets go of the body', async () => {
    const { send, peer } = await startIdle()
    let [read, letGo] = [0, false]
    async function* body() {
      try {
        for (; read < 64 * KIB; read += 1) yield await Promise.resolve(Buffer.alloc(KIB, 'x'))
      } finally {
        letGo = true
      }
    }
    const gone = send({ method: 'POST', body: body() })
    await peer.take('xxx')
    gone.transfer!.abort()

    await peer.closed
    await expect.poll(() => letGo).toBe(true)
    expect(read).toBeLessThan(64 * KIB)
    expect(gone.events).toEqual([])
  })

  it.each(['outside', 'head', 'data'] as const)(
    'closes its connection within the answer: %s',
    async (when) => {
      const { send, peer, expectFreshConnection } = await startIdle()
      const gone = send({}, new TransferListener((transfer, event) => event === when && transfer.abort()))
      await peer.take('\r\n\r\n')
      peer.write(`${CHUNKED}1\r\na\r\n1\r\nb\r\n`)
      await gone.until(when === 'head' ? 'head' : 'data')
      if (when === 'outside') gone.transfer!.abort()
      const heard = [...gone.events]

      await peer.closed
      await expectFreshConnection()
      expect(gone.events).toEqual(heard)
      expect(gone.chunks).toHaveLength(when === 'head' ? 0 : when === 'data' ? 1 : 2)
      expect(gone.transfer!.isOpen).toBe(false)
    },
  )

  it('hears nothing more when its answer ends in the same piece', async () => {
    const { send, peer } = await startIdle()
    const gone = send({}, new TransferListener((transfer, event) => event === 'data' && transfer.abort()))
    await peer.take('\r\n\r\n')
    peer.write(answer('hello'))

    await peer.closed
    expect(gone.events).toEqual(['head', 'data'])
  })

  it('hears nothing more when it was paused', async () => {
    const { send, peer } = await startIdle()
    const gone = send({}, new TransferListener((transfer, event) => event === 'data' && transfer.pause()))
    await peer.take('\r\n\r\n')
    peer.write(`${CHUNKED}1\r\na\r\n1\r\nb\r\n0\r\n\r\n`)
    await gone.until('data')
    gone.transfer!.abort()
    gone.transfer!.resume()

    await peer.closed
    expect(gone.events).toEqual(['head', 'data'])
    expect(gone.body).toBe('a')
  })

  it('is of no consequence once the answer has ended, and neither are its pauses', async () => {
    const { server, send, peer } = await startIdle()
    const first = send()
    await serve(peer, 'a')
    await first.until('end')
    const next = send()
    first.transfer!.pause()
    first.transfer!.resume()
    first.transfer!.abort()
    await serve(peer, 'b')

    expect((await next.until('end')).body).toBe('b')
    expect(first.events).toEqual(['head', 'data', 'end'])
    expect(server.peers).toHaveLength(1)
  })
})

describe('a paused transfer', () => {
  it('makes the server wait; resumed, it gets everything', async () => {
    const { send, peer } = await startIdle()
    const body = randomBytes(32 * MIB)
    let pauses = true
    const slow = send(
      {},
      new TransferListener((transfer, event) => event === 'data' && pauses && transfer.pause()),
    )
    await peer.take('\r\n\r\n')
    peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`)
    for (let at = 0; at < body.length; at += 64 * KIB) peer.socket.write(body.subarray(at, at + 64 * KIB))
    await slow.until('data')
    const waiting = await untilStill(() => peer.socket.writableLength)
    expect(waiting).toBeGreaterThan(8 * MIB)
    expect(slow.received).toBeLessThan(MIB)
    const received = slow.received

    slow.transfer!.resume()
    await expect.poll(() => slow.received).toBeGreaterThan(received)
    expect(await untilStill(() => peer.socket.writableLength)).toBeGreaterThan(8 * MIB)

    pauses = false
    slow.transfer!.resume()
    await slow.until('end')
    expect(Buffer.concat(slow.chunks).equals(body)).toBe(true)
  })

  it.each([
    ['in its last piece', () => answer('second')],
    ['in its head', () => answer('second')],
    ['before a blank body', () => answer('')],
    ['in chunks', () => `${CHUNKED}6\r\nsecond\r\n0\r\n\r\n`],
  ])('that ends leaves a connection that can be used: paused %s', async (when, text) => {
    const { server, send, peer } = await startIdle()
    const event = when === 'in its last piece' || when === 'in chunks' ? 'data' : 'head'
    const slow = send({}, new TransferListener((transfer, told) => told === event && transfer.pause()))
    await peer.take('\r\n\r\n')
    peer.write(text())
    await slow.until(event)
    await untilStill(() => slow.received)
    slow.transfer!.resume()
    await slow.until('end')

    const next = send()
    const fresh = server.next().then((other) => other.take('GET').then(() => 'another connection'))
    expect(await Promise.race([serve(peer, 'third'), fresh])).toMatch(/^GET/)
    expect((await next.until('end')).body).toBe('third')
    expect(server.peers).toHaveLength(1)
    fresh.catch(() => undefined)
  })

  it('that is paused again by the last piece that was held back leaves a connection that can be used', async () => {
    const { server, send, peer } = await startIdle()
    const slow = send({}, new TransferListener((transfer, event) => event !== 'end' && transfer.pause()))
    await peer.take('\r\n\r\n')
    peer.write(answer('second'))
    await slow.until('head')
    slow.transfer!.resume()
    await slow.until('end')

    const next = send()
    const fresh = server.next().then(() => 'another connection')
    fresh.catch(() => undefined)
    expect(await Promise.race([serve(peer, 'third'), fresh])).toMatch(/^GET/)
    await next.until('end')
  })

  const hello = `${CHUNKED}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`
  it.each([
    ['with a length', answer('hello'), 'head'],
    ['in chunks', hello, 'data'],
    ['that ends with the connection', 'HTTP/1.1 200 OK\r\n\r\nhello', 'head'],
  ] as const)('loses nothing of an answer %s when the server closes meanwhile', async (_, text, when) => {
    const { send, peer, expectFreshConnection } = await startIdle()
    let pauses = true
    const slow = send(
      {},
      new TransferListener((transfer, event) => event === when && pauses && transfer.pause()),
    )
    await peer.take('\r\n\r\n')
    peer.socket.end(text, 'latin1')
    await slow.until(when)
    await untilStill(() => slow.events.join())
    pauses = false
    slow.transfer!.resume()

    await Promise.race([slow.until('end'), slow.until('error')])
    expect(slow.problem).toBeUndefined()
    expect(slow.body).toBe('hello')
    expect(slow.events).toEqual(['head', 'data', 'end'])
    await expectFreshConnection()
  })

  it('loses nothing of what came after the pause began, although the server has closed since', async () => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const slow = send({}, new TransferListener((transfer, event) => event === 'head' && transfer.pause()))
    await peer.take('\r\n\r\n')
    peer.write(hello.slice(0, CHUNKED.length))
    await slow.until('head')
    peer.socket.end(hello.slice(CHUNKED.length), 'latin1')
    await untilStill(() => slow.events.join())
    slow.transfer!.resume()

    expect((await slow.until('end')).body).toBe('hello')
    await expectFreshConnection()
  })

  it('of which the server leaves without the rest fails once it is resumed, if not before', async () => {
    const { send, peer } = await startIdle()
    const slow = send({}, new TransferListener((transfer, event) => event === 'data' && transfer.pause()))
    await peer.take('\r\n\r\n')
    peer.socket.end(`${CHUNKED}2\r\nhe\r\n3\r\nllo\r\n`, 'latin1')
    await slow.until('data')
    await untilStill(() => slow.events.join())
    slow.transfer!.resume()
    slow.transfer!.resume()

    await slow.until('error')
    expect(slow.problem).toMatchObject({ code: 'CLOSED_EARLY' })
    expect(slow.events).not.toContain('end')
  })
})
