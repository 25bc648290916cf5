import { randomBytes } from 'node:crypto'
import { createServer, TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { startScriptedServer } from '../../tests/support/scripted-server.ts'
import { createSelfSignedCertificate } from '../../tests/support/self-signed-certificate.ts'
import { answer, pausingAt, serve, serveLarge, startPool } from '../../tests/support/start-pool.ts'
import { untilStill } from '../../tests/support/until-still.ts'
import { ConnectError } from './client-errors.ts'
import { type PoolOptions } from './connection-pool.ts'

const MIB = 1024 * 1024
const certificate = createSelfSignedCertificate()

async function startTlsPool(host = 'localhost') {
  const tls = createServer({ ...certificate, noDelay: true, ALPNProtocols: ['h2', 'http/1.1'] })
  tls.on('tlsClientError', () => undefined)
  const server = await startScriptedServer(tls, 'secureConnection')
  return startPool({ url: `https://${host}:${server.port}` }, server)
}

/** As a pool for `https:` finds a server that knows no TLS. */
async function startPlainServer(options: Partial<PoolOptions> = {}) {
  const server = await startScriptedServer()
  return startPool({ url: `https://127.0.0.1:${server.port}`, ...options }, server)
}

/** No option of the client does this: only this process, only here, trusts a certificate made up a moment ago. */
const trustAnyCertificate = () => vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
afterEach(() => void vi.unstubAllEnvs())

describe('over TLS', () => {
  it('one connection is used again and again, and the port is part of the host', async () => {
    trustAnyCertificate()
    const { server, send } = await startTlsPool()
    const first = send()
    const peer = await server.next()
    expect(await serve(peer, 'a')).toBe(`GET / HTTP/1.1\r\nhost: localhost:${server.port}\r\n\r\n`)
    expect((await first.until('end')).body).toBe('a')
    const second = send()
    await serve(peer, 'b')

    expect((await second.until('end')).body).toBe('b')
    expect(server.peers).toHaveLength(1)
  })

  it.each([
    ['localhost', 'localhost'],
    ['127.0.0.1', false],
  ])('the server is asked by its name, %s, for HTTP/1.1', async (host, servername) => {
    trustAnyCertificate()
    const { server, send } = await startTlsPool(host)
    const listener = send()
    const peer = await server.next()
    await serve(peer, '')
    await listener.until('end')

    expect(peer.socket).toMatchObject({ servername, alpnProtocol: 'http/1.1' })
  })

  it('the next handshake is a shorter one', async () => {
    trustAnyCertificate()
    const { server, send } = await startTlsPool()
    const reused: boolean[] = []
    for (let turn = 0; turn < 2; turn += 1) {
      const listener = send()
      const peer = await server.next()
      await serve(peer, '', 'connection: close')
      await listener.until('end')
      reused.push(peer.socket instanceof TLSSocket && peer.socket.isSessionReused())
      await peer.closed
    }

    expect(reused).toEqual([false, true])
  })

  it('a certificate that nobody vouches for is a ConnectError, and nothing is sent', async () => {
    const { server, send } = await startTlsPool()
    const listener = await send().until('error')

    expect(listener.problem).toBeInstanceOf(ConnectError)
    expect(listener.problem?.cause).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    for (const peer of server.peers) {
      await peer.closed
      expect(peer.waiting()).toBe('')
    }
  })

  it('a server that speaks no TLS is a ConnectError', async () => {
    const { server, send } = await startPlainServer()
    const listener = send()
    const peer = await server.next()
    peer.write(answer(''))

    await listener.until('error')
    expect(listener.problem).toBeInstanceOf(ConnectError)
    expect(listener.events).toEqual(['error'])
  })

  it('a server that never shakes hands is a ConnectError after connectMs', async () => {
    const { send } = await startPlainServer({ connectMs: 100 })
    const listener = await send().until('error')

    expect(listener.problem).toBeInstanceOf(ConnectError)
    expect(listener.problem?.cause).toMatchObject({ code: 'ETIMEDOUT' })
  })
})

describe('a pause over TLS', () => {
  const HEAD = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
  const REST = '2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n'

  async function startPaused() {
    trustAnyCertificate()
    const { server, send } = await startTlsPool()
    const slow = send({}, pausingAt('head'))
    const peer = await server.next()
    await peer.take('\r\n\r\n')
    return { server, send, slow, peer }
  }

  it('makes the server wait; after it everything comes', async () => {
    const { slow, peer } = await startPaused()
    const body = randomBytes(50 * MIB)
    const hasLeft = serveLarge(peer, body)
    await slow.until('head')

    expect(await untilStill(() => slow.received)).toBeLessThan(MIB)
    expect(hasLeft()).toBe(false)
    slow.transfer!.resume()
    await slow.until('end')
    expect(Buffer.concat(slow.chunks).equals(body)).toBe(true)
  })

  it('may begin before the hands are shaken', async () => {
    trustAnyCertificate()
    const { server, send } = await startTlsPool()
    const slow = send()
    slow.transfer!.pause()
    await serve(await server.next(), 'hello')
    await untilStill(() => slow.received)
    slow.transfer!.resume()

    expect((await slow.until('end')).body).toBe('hello')
  })

  it('loses nothing when the server closes meanwhile', async () => {
    for (const before of [HEAD + REST, HEAD]) {
      const { slow, peer } = await startPaused()
      peer.write(before)
      await slow.until('head')
      peer.socket.end((HEAD + REST).slice(before.length))
      await untilStill(() => slow.events.join())
      slow.transfer!.resume()

      await Promise.race([slow.until('end'), slow.until('error')])
      expect(slow.problem).toBeUndefined()
      expect(slow.body).toBe('hello')
    }
  })

  it.each([
    ['nothing comes behind', []],
    ['something comes behind', [answer('bogus')]],
  ])('never gives the next request another answer than its own: %s', async (_, surplus) => {
    for (const [first, ...rest] of [[HEAD + REST], [HEAD, REST]]) {
      const { server, send, slow, peer } = await startPaused()
      peer.write(first!)
      await slow.until('head')
      for (const text of [...rest, ...surplus]) peer.write(text)
      await untilStill(() => slow.received)
      slow.transfer!.resume()
      expect((await slow.until('end')).body).toBe('hello')
      await untilStill(() => peer.socket.destroyed)

      const next = send()
      // Without anything behind it, the connection may be used again, or closed.
      const carrier = surplus.length > 0 || peer.socket.destroyed ? await server.next() : peer
      await serve(carrier, 'right')
      expect((await next.until('end')).body).toBe('right')
    }
  })
})
