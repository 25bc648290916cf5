import { type Socket } from 'node:net'

const LINGER_MS = 500
const closing = new WeakSet<Socket>()

/** True when the connection has had its last answer: what still arrives on it is not a request. */
export function isClosing(socket: Socket): boolean {
  return closing.has(socket)
}

/**
 * Makes Node close this connection gently after its last answer: our side ends, what the client still sends is
 * thrown away for a moment, then the connection is destroyed. A close with unread bytes pending would reset the
 * connection, and a reset can take the answer away from a client that has not read it yet (RFC 9112 §9.6).
 */
export function lingerBeforeClose(socket: Socket): void {
  closing.add(socket)
  socket.destroySoon = () => {
    socket.end()
    socket.resume()
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => clearTimeout(timer))
  }
}
