import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ResponseListener } from '../../tests/support/response-listener.ts'
import { answer, pausingAt, serve, serveLarge, startIdle, startPool } from '../../tests/support/start-pool.ts'
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
      const gone = send({}, new ResponseListener((transfer, event) => event === when && transfer.abort()))
      await peer.take('\r\n\r\n')
      peer.write(`${CHUNKED}1\r\na\r\n1\r\nb\r\n`)
      await gone.until(when === 'head' ? 'head' : 'data')
      if (when === 'outside') gone.transfer!.abort()
      const heard = [...gone.events]

      await peer.closed
      await expectFreshConnection()
      expect(gone.events).toEqual(heard)
      expect(gone.body).toBe(when === 'head' ? '' : 'ab')
      expect(gone.transfer!.isOpen).toBe(false)
    },
  )

  it.each([answer('hello'), `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`])(
    'hears nothing more when its answer ends in the same piece: %j',
    async (text) => {
      const { send, peer } = await startIdle()
      const gone = send({}, new ResponseListener((transfer, event) => event === 'data' && transfer.abort()))
      await peer.take('\r\n\r\n')
      peer.write(text)

      await peer.closed
      expect(gone.events).toEqual(['head', 'data'])
    },
  )

  it('hears nothing more when it was paused', async () => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const gone = send({}, pausingAt('data'))
    await peer.take('\r\n\r\n')
    serveLarge(peer, Buffer.alloc(50 * MIB))
    await gone.until('data')
    const heard = await untilStill(() => gone.received)
    gone.transfer!.abort()
    gone.transfer!.resume()

    await peer.closed
    await expectFreshConnection()
    expect(gone.events).toEqual(['head', 'data'])
    expect(gone.received).toBe(heard)
  })
})

describe('a transfer that has ended', () => {
  it('cannot pause or abort what its connection carries next', async () => {
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

  it('cannot resume what its connection carries next', async () => {
    const { send, peer } = await startIdle()
    const first = send()
    await serve(peer, 'a')
    await first.until('end')
    const next = send({}, pausingAt('data'))
    await peer.take('\r\n\r\n')
    serveLarge(peer, Buffer.alloc(50 * MIB))
    await next.until('data')
    first.transfer!.resume()
    expect(await untilStill(() => next.received)).toBeLessThan(MIB)
  })
})

describe('a paused transfer', () => {
  const SECOND = `${CHUNKED}3\r\nsec\r\n3\r\nond\r\n0\r\n\r\n`
  const headOf = (text: string) => text.slice(0, text.indexOf('\r\n\r\n') + 4)

  it.each(['once', 'at every piece'])(
    'makes the server wait, and gets everything in the end: paused %s',
    async (often) => {
      const { send, peer } = await startIdle()
      let pauses = true
      const act = new ResponseListener((transfer, event) => {
        if (event !== 'data' || !pauses) return
        pauses = often !== 'once'
        transfer.pause()
      })
      const slow = send({}, act)
      await peer.take('\r\n\r\n')
      const body = randomBytes(50 * MIB)
      const hasLeft = serveLarge(peer, body)
      for (let turn = 0; turn < 3; turn += 1) {
        const before = slow.received
        pauses = true
        slow.transfer!.resume()
        await expect.poll(() => slow.received).toBeGreaterThan(before)
        expect((await untilStill(() => slow.received)) - before).toBeLessThan(MIB)
        expect(hasLeft()).toBe(false)
      }

      pauses = false
      slow.transfer!.resume()
      await slow.until('end')
      expect(Buffer.concat(slow.chunks).equals(body)).toBe(true)
    },
  )

  it.each(['fresh', 'idle'])(
    'makes the server wait when it is paused before anything has come: %s connection',
    async (kind) => {
      const { server, send, peer: idle } = await startIdle()
      if (kind === 'fresh') {
        send()
        await idle.take('\r\n\r\n')
      }
      const slow = send()
      slow.transfer!.pause()
      const peer = kind === 'fresh' ? await server.next() : idle
      await peer.take('\r\n\r\n')
      const body = randomBytes(50 * MIB)
      const hasLeft = serveLarge(peer, body)
      expect(await untilStill(() => slow.received)).toBeLessThan(MIB)
      expect(hasLeft()).toBe(false)

      slow.transfer!.resume()
      await slow.until('end')
      expect(Buffer.concat(slow.chunks).equals(body)).toBe(true)
    },
  )

  it.each([
    ['head', 'with a length', answer('second')],
    ['data', 'with a length', answer('second')],
    ['end', 'with a length', answer('second')],
    ['head', 'in chunks', SECOND],
    ['data', 'in chunks', SECOND],
    ['head', 'without a body', answer('')],
  ] as const)(
    'is told what is here already, also an end, which frees its connection: paused at %s, %s',
    async (event, _, text) => {
      const { send, peer, expectSameConnection } = await startIdle()
      const slow = send({}, pausingAt(event))
      await peer.take('\r\n\r\n')
      peer.write(text)
      await slow.until('end')
      expect(slow.body).toBe(text === answer('') ? '' : 'second')
      await expectSameConnection()
    },
  )

  it.each([
    ['once', () => pausingAt('head')],
    ['at every event', () => new ResponseListener((transfer) => transfer.pause())],
    [
      'only for a moment at every event',
      () =>
        new ResponseListener((transfer) => {
          transfer.pause()
          transfer.resume()
        }),
    ],
  ])('gets the rest when it is resumed, and frees its connection: paused %s', async (_, listener) => {
    for (const text of [answer('second'), SECOND]) {
      const { send, peer, expectSameConnection } = await startIdle()
      const slow = send({}, listener())
      await peer.take('\r\n\r\n')
      peer.write(headOf(text))
      await slow.until('head')
      peer.write(text.slice(headOf(text).length))
      await untilStill(() => slow.received)
      slow.transfer!.resume()
      expect((await slow.until('end')).body).toBe('second')
      await expectSameConnection()
    }
  })

  it.each([
    ['with a length', answer('second')],
    ['in chunks', SECOND],
    ['that ends with the connection', 'HTTP/1.1 200 OK\r\n\r\nsecond'],
  ])('loses nothing of an answer %s when the server closes meanwhile', async (_, text) => {
    for (const before of ['', headOf(text)]) {
      const { send, peer, expectFreshConnection } = await startIdle()
      const slow = send({}, pausingAt('head'))
      await peer.take('\r\n\r\n')
      peer.write(before)
      if (before !== '') await slow.until('head')
      peer.socket.end(text.slice(before.length))
      await slow.until('head')
      await untilStill(() => slow.events.join())
      slow.transfer!.resume()

      await Promise.race([slow.until('end'), slow.until('error')])
      expect(slow.problem).toBeUndefined()
      expect(slow.body).toBe('second')
      expect(slow.events).toEqual(['head', 'data', 'end'])
      await peer.closed
      await expectFreshConnection()
    }
  })

  it.each([
    ['the server leaves without the rest', '2\r\nhe\r\n', 'end', { code: 'CLOSED_EARLY' }],
    ['the server resets its connection', '', 'reset', { code: 'ECONNRESET' }],
    ['what comes is broken', '2\r\nhello\r\n', 'stay', { code: 'BROKEN_RESPONSE' }],
  ] as const)('fails once it is resumed, if not before, when %s', async (_, text, then, problem) => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const slow = send({}, pausingAt('head'))
    await peer.take('\r\n\r\n')
    peer.write(CHUNKED)
    await slow.until('head')
    peer.write(text)
    if (then === 'end') peer.socket.end()
    if (then === 'reset') peer.socket.resetAndDestroy()
    await untilStill(() => slow.events.join())
    slow.transfer!.resume()
    slow.transfer!.resume()

    await slow.until('error')
    expect(slow.problem).toMatchObject(problem)
    expect(slow.events).not.toContain('end')
    await peer.closed
    await expectFreshConnection()
  })
})
