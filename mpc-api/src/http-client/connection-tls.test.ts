import { createServer, TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { startScriptedServer } from '../../tests/support/scripted-server.ts'
import { createSelfSignedCertificate } from '../../tests/support/self-signed-certificate.ts'
import { serve, TransferListener } from '../../tests/support/start-pool.ts'
import { ConnectError } from './client-errors.ts'
import { ConnectionPool } from './connection-pool.ts'

const certificate = createSelfSignedCertificate()

async function startTlsPool(host = 'localhost') {
  const tls = createServer({ ...certificate, ALPNProtocols: ['h2', 'http/1.1'] })
  tls.on('tlsClientError', () => undefined)
  const server = await startScriptedServer(tls, 'secureConnection')
  const pool = new ConnectionPool({
    url: `https://${host}:${server.port}`,
    connectMs: 2000,
    keepAliveMs: 60_000,
  })
  onTestFinished(async () => {
    pool.close()
    await server.stop()
  })
  const send = () => {
    const listener = new TransferListener()
    listener.transfer = pool.send({ method: 'GET', path: '/', headers: [], body: null }, listener)
    return listener
  }
  return { server, pool, send }
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
    const server = await startScriptedServer()
    onTestFinished(() => server.stop())
    const url = `https://127.0.0.1:${server.port}`
    const pool = new ConnectionPool({ url, connectMs: 2000, keepAliveMs: 1000 })
    const listener = new TransferListener()
    pool.send({ method: 'GET', path: '/', headers: [], body: null }, listener)
    const peer = await server.next()
    peer.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n')

    await listener.until('error')
    expect(listener.problem).toBeInstanceOf(ConnectError)
    expect(listener.events).toEqual(['error'])
  })

  it('a server that never shakes hands is a ConnectError after connectMs', async () => {
    const server = await startScriptedServer()
    onTestFinished(() => server.stop())
    const url = `https://127.0.0.1:${server.port}`
    const pool = new ConnectionPool({ url, connectMs: 100, keepAliveMs: 1000 })
    const listener = new TransferListener()
    pool.send({ method: 'GET', path: '/', headers: [], body: null }, listener)

    await listener.until('error')
    expect(listener.problem).toBeInstanceOf(ConnectError)
    expect(listener.problem?.cause).toMatchObject({ code: 'ETIMEDOUT' })
  })
})
