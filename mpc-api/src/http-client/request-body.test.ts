import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { answer, startIdle, startPool } from '../../tests/support/start-pool.ts'
import { untilStill } from '../../tests/support/until-still.ts'

const KIB = 1024
const MIB = 1024 * KIB

async function* stream(...pieces: (string | Buffer | Error)[]) {
  for (const piece of pieces) {
    await Promise.resolve()
    if (piece instanceof Error) throw piece
    yield Buffer.from(piece)
  }
}

const length = (bytes: number) => ['content-length', String(bytes)]

describe('a body in a buffer', () => {
  it.each([0, 1, 8191, 8192, 8193, 100 * KIB, 8 * MIB])('of %i bytes arrives byte for byte', async (size) => {
    const { server, send, peer } = await startIdle()
    const body = randomBytes(size)
    for (let turn = 0; turn < 2; turn += 1) {
      const listener = send({ method: 'POST', headers: ['x', '\xfc'], body })
      const head = await peer.take('\r\n\r\n')
      expect(head).toMatch(`\r\nx: \xfc\r\ncontent-length: ${size}\r\n\r\n`)
      expect((await peer.takeBytes(size)).equals(body)).toBe(true)
      peer.write(answer('ok'))
      await listener.until('end')
      expect(peer.waiting()).toBe('')
    }
    expect(server.peers).toHaveLength(1)
  })

  it('of which much has not left when the answer ends costs the connection', async () => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const listener = send({ method: 'POST', body: Buffer.alloc(64 * MIB) })
    await peer.take('\r\n\r\n')
    peer.socket.pause()
    await untilStill(() => peer.socket.bytesRead)
    peer.write(answer('too large'))
    await listener.until('end')
    peer.socket.resume()

    await peer.closed
    expect(peer.socket.bytesRead).toBeLessThan(64 * MIB)
    await peer.takeBytes(peer.waiting().length)
    await expectFreshConnection()
  })
})

describe('a streamed body', () => {
  it('comes in chunks when it has no length', async () => {
    const { server, send, peer } = await startIdle()
    const listener = send({ method: 'POST', body: stream('hello', '', 'x'.repeat(26)) })

    expect(await peer.take('\r\n\r\n')).toMatch('\r\ntransfer-encoding: chunked\r\n\r\n')
    expect(await peer.take('0\r\n\r\n')).toBe(`5\r\nhello\r\n1a\r\n${'x'.repeat(26)}\r\n0\r\n\r\n`)
    peer.write(answer('a'))
    await listener.until('end')

    const next = send()
    await peer.take('GET / ')
    peer.write(answer('b'))
    await next.until('end')
    expect(server.peers).toHaveLength(1)
  })

  it('comes as it is when its length is given', async () => {
    const { send, peer } = await startIdle()
    const body = [randomBytes(100), Buffer.alloc(0), randomBytes(100 * KIB)]
    const listener = send({
      method: 'POST',
      headers: length(100 + 100 * KIB),
      body: stream(...body),
    })

    expect(await peer.take('\r\n\r\n')).not.toContain('chunked')
    expect((await peer.takeBytes(100 + 100 * KIB)).equals(Buffer.concat(body))).toBe(true)
    peer.write(answer('ok'))
    await listener.until('end')
    expect(peer.waiting()).toBe('')
  })

  it.each([
    ['in chunks', [], '0\r\n\r\n'],
    ['of length 0', length(0), ''],
  ])('that is empty is sent, too: %s', async (_, headers, body) => {
    const { send, peer } = await startIdle()
    for (const empty of [stream(), stream('')]) {
      const listener = send({ method: 'POST', headers, body: empty })
      await peer.take('\r\n\r\n')
      expect((await peer.takeBytes(body.length)).toString()).toBe(body)
      peer.write(answer(''))
      await listener.until('end')
    }
  })

  it.each(['fresh', 'idle'])(
    'sends the head with its first piece, not before: %s connection',
    async (kind) => {
      const { server, send, peer: idle } = await startIdle()
      if (kind === 'fresh') {
        send()
        await idle.take('\r\n\r\n')
      }
      let begin: () => void = () => undefined
      const begins = new Promise<void>((resolve) => (begin = resolve))
      const body = async function* () {
        await begins
        yield Buffer.from('hello')
      }
      const listener = send({ method: 'POST', body: body() })
      const peer = kind === 'fresh' ? await server.next() : idle
      await untilStill(() => peer.socket.bytesRead)
      expect(peer.waiting()).toBe('')

      begin()
      expect(await peer.take('0\r\n\r\n')).toMatch(/^POST [^]+\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/)
      peer.write(answer('ok'))
      await listener.until('end')
    },
  )

  it('is read no faster than it is sent', async () => {
    const { send, peer } = await startIdle()
    const pieces = 512
    let read = 0
    const body = async function* () {
      for (; read < pieces; read += 1) {
        await Promise.resolve()
        yield Buffer.alloc(64 * KIB, read % 251)
      }
    }
    peer.socket.pause()
    const listener = send({ method: 'POST', headers: length(pieces * 64 * KIB), body: body() })
    await expect.poll(() => read).toBeGreaterThan(0)
    expect(await untilStill(() => read)).toBeLessThan(pieces - 128)

    peer.socket.resume()
    await peer.take('\r\n\r\n')
    const arrived = await peer.takeBytes(pieces * 64 * KIB)
    for (let piece = 0; piece < pieces; piece += 1) expect(arrived[piece * 64 * KIB]).toBe(piece % 251)
    peer.write(answer('ok'))
    expect((await listener.until('end')).body).toBe('ok')
  })

  it.each([
    ['longer', ['hel', 'lo!'], 5, 'hel'],
    ['longer in its first piece', ['hello!'], 5, ''],
    ['longer than nothing', ['x'], 0, ''],
    ['shorter', ['hel', 'l'], 5, 'hell'],
    ['shorter, namely empty', [], 5, ''],
  ])('that is %s than announced fails, and is not sent whole', async (_, pieces, announced, sent) => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const listener = send({ method: 'POST', headers: length(announced), body: stream(...pieces) })

    await listener.until('error')
    expect(listener.problem?.message).toMatch(/(?:longer|shorter) than announced/)
    expect(listener.events).toEqual(['error'])
    await peer.closed
    const all = (await peer.takeBytes(peer.waiting().length)).toString()
    expect(all.split('\r\n\r\n')[1] ?? '').toBe(sent)
    if (sent === '') expect(all).toBe('')
    await expectFreshConnection()
  })

  it.each([
    ['before its first piece', [], ''],
    ['after a piece', ['hello'], '5\r\nhello\r\n'],
  ])('that fails %s fails the request with its own error, and is no whole one', async (_, pieces, sent) => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const problem = new Error('the upload was refused')
    const listener = await send({ method: 'POST', body: stream(...pieces, problem) }).until('error')

    expect(listener.problem).toBe(problem)
    expect(listener.events).toEqual(['error'])
    await peer.closed
    const all = (await peer.takeBytes(peer.waiting().length)).toString()
    expect(all.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe(sent)
    if (sent === '') expect(all).toBe('')
    await expectFreshConnection()
  })

  it('that fails at once fails the request later, as all failures do', async () => {
    const { send } = await startIdle()
    const problem = new Error('the upload was refused')
    const body: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => {
        throw problem
      },
    }
    const listener = send({ method: 'POST', body })
    expect(listener.events).toEqual([])

    await listener.until('error')
    expect(listener.problem).toBe(problem)
  })

  it('that is still being sent when the answer ends costs the connection, and is let go', async () => {
    const { send, peer, expectFreshConnection } = await startIdle()
    let [read, letGo] = [0, false]
    const body = async function* () {
      try {
        for (; read < 64 * KIB; read += 1) yield await Promise.resolve(Buffer.alloc(KIB, 'x'))
      } finally {
        letGo = true
      }
    }
    const listener = send({ method: 'POST', body: body() })
    await peer.take('xxx')
    peer.write(answer('too large'))

    expect((await listener.until('end')).body).toBe('too large')
    await peer.closed
    await expect.poll(() => letGo).toBe(true)
    expect(read).toBeLessThan(64 * KIB)
    await peer.takeBytes(peer.waiting().length)
    await expectFreshConnection()
  })

  it('that waits for more when the answer ends costs the connection', async () => {
    const { send, peer, expectFreshConnection } = await startIdle()
    const body = async function* () {
      yield Buffer.from('hello')
      await new Promise<never>(() => undefined)
    }
    const listener = send({ method: 'POST', headers: length(10), body: body() })
    await peer.take('hello')
    await untilStill(() => peer.socket.bytesRead)
    peer.write(answer('too large'))
    await listener.until('end')

    await peer.closed
    await expectFreshConnection()
  })

  it('is not asked for when there is no connection', async () => {
    const { server, pool, send } = await startPool()
    let isAsked = false
    const body = async function* () {
      isAsked = true
      yield await Promise.resolve(Buffer.from('x'))
    }
    const listener = send({ method: 'POST', body: body() })
    pool.close()
    await listener.until('error')
    await untilStill(() => server.peers.length)

    expect(isAsked).toBe(false)
  })
})
