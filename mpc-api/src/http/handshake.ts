import { type IncomingMessage, type ServerResponse } from 'node:http'
import { type Socket } from 'node:net'

/** A client that has asked for a WebSocket and waits for the answer. */
interface Handshake {
  socket: Socket
  /** What the client has sent behind its request already. */
  early: Buffer[]
  /** Stops watching the socket. */
  release: () => void
}

/** A client that sends more than this before it is let in is not read on. */
const MAX_EARLY_BYTES = 64 * 1024

const handshakes = new WeakMap<IncomingMessage, Handshake>()

/** True when the headers ask for a WebSocket (RFC 6455 §4.1). */
export function asksForWebSocket(req: IncomingMessage): boolean {
  return req.method === 'GET' && req.headers.upgrade?.toLowerCase() === 'websocket'
}

/** True when the request can be answered by switching to WebSocket. */
export function isHandshake(req: IncomingMessage): boolean {
  return handshakes.has(req)
}

/**
 * Makes a handshake look like any other request: its response writes to the socket, and a client that leaves closes
 * the response.
 *
 * @returns false when it came behind a request that is still being answered; the connection is closed then
 */
export function beginHandshake(res: ServerResponse, socket: Socket, head: Buffer): boolean {
  const early = head.length > 0 ? [head] : []
  let size = head.length
  const onData = (chunk: Buffer): void => {
    early.push(chunk)
    size += chunk.length
    if (size > MAX_EARLY_BYTES) socket.pause()
  }
  const onGone = (): void => void socket.destroy()
  const release = (): void => {
    socket.off('data', onData).off('end', onGone)
    socket.pause()
  }
  socket.on('error', onGone)
  res.shouldKeepAlive = false
  try {
    res.assignSocket(socket)
  } catch {
    socket.destroy()
    return false
  }
  // Only a socket that is read tells that its client has left.
  socket.on('data', onData).on('end', onGone)
  res.once('finish', () => {
    res.detachSocket(socket)
    socket.destroySoon()
  })
  handshakes.set(res.req, { socket, early, release })
  return true
}

/**
 * Takes the connection away from the response, to answer it by other means than HTTP. The response closes when
 * `endResponse` says so.
 *
 * @throws {Error} when the request is no handshake, or was taken already
 */
export function takeSocket(res: ServerResponse): { socket: Socket; head: Buffer } {
  const handshake = handshakes.get(res.req)
  if (handshake === undefined) throw new Error('the request is no WebSocket handshake')
  handshakes.delete(res.req)
  const { socket, early, release } = handshake
  release()
  res.detachSocket(socket)
  // Never sent, since the response has no socket: it makes the response know its status, and that it was answered.
  res.writeHead(101)
  return { socket, head: Buffer.concat(early) }
}

/**
 * Closes a response whose connection was taken, so that whoever waits for its end is told.
 *
 * @param isComplete false when the client vanished instead of closing
 */
export function endResponse(res: ServerResponse, isComplete: boolean): void {
  Object.defineProperty(res, 'writableFinished', { value: isComplete })
  res.emit('close')
}
