import { expect, onTestFinished } from 'vitest'
import { ConnectionPool, type PoolOptions } from '../../src/http-client/connection-pool.ts'
import { type OutgoingRequest } from '../../src/http-client/request-head.ts'
import { type ResponseEvent, ResponseListener } from './response-listener.ts'
import { type Peer, type ScriptedServer, startScriptedServer } from './scripted-server.ts'

/** A listener that pauses its transfer once, at this event. */
export function pausingAt(event: ResponseEvent): ResponseListener {
  let pauses = true
  return new ResponseListener((transfer, told) => {
    if (!pauses || told !== event) return
    pauses = false
    transfer.pause()
  })
}

export const answer = (body: string, ...fields: string[]): string =>
  ['HTTP/1.1 200 OK', `content-length: ${body.length}`, ...fields, '', body].join('\r\n')

/** Takes the head of the next request on a connection and answers it. */
export async function serve(peer: Peer, body: string, ...fields: string[]): Promise<string> {
  const head = await peer.take('\r\n\r\n')
  peer.write(answer(body, ...fields))
  return head
}

/**
 * Answers with a body that is larger than what a system keeps under way.
 *
 * @returns whether all of it has left the server
 */
export function serveLarge(peer: Peer, body: Buffer): () => boolean {
  let hasLeft = false
  peer.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`)
  peer.socket.write(body, (problem) => (hasLeft = !problem))
  return () => hasLeft
}

/** Connections to a server that the test speaks for, until the test is over. */
export async function startPool(options: Partial<PoolOptions> = {}, scripted?: ScriptedServer) {
  const server = scripted ?? (await startScriptedServer())
  const url = `http://127.0.0.1:${server.port}`
  const pool = new ConnectionPool({ url, connectMs: 2000, keepAliveMs: 60_000, ...options })
  onTestFinished(async () => {
    pool.close()
    await server.stop()
  })
  /** Sends `GET /`, or what is said instead. */
  const send = (request: Partial<OutgoingRequest> = {}, listener = new ResponseListener()) => {
    const whole: OutgoingRequest = { method: 'GET', path: '/', headers: [], body: null, ...request }
    listener.transfer = pool.send(whole, listener)
    return listener
  }
  return { server, pool, send }
}

/** A pool whose one connection has carried a request and is idle. */
export async function startIdle(options: Partial<PoolOptions> = {}, ...fields: string[]) {
  const pair = await startPool(options)
  const first = pair.send()
  const peer = await pair.server.next()
  await serve(peer, 'first', ...fields)
  await first.until('end')
  /** The next request takes a connection of its own, and gets the answer that is meant for it. */
  const expectFreshConnection = async () => {
    const next = pair.send()
    await serve(await pair.server.next(), 'fresh')
    expect((await next.until('end')).body).toBe('fresh')
    expect(peer.waiting()).toBe('')
  }
  /** The next request is sent on the one connection that there ever was. */
  const expectSameConnection = async () => {
    const next = pair.send()
    await serve(peer, 'again')
    expect((await next.until('end')).body).toBe('again')
    expect(pair.server.peers).toHaveLength(1)
  }
  return { ...pair, peer, expectFreshConnection, expectSameConnection }
}
