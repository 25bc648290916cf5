import { type Socket } from 'node:net'
import { type WebSocket } from 'ws'

/** Enough for a closing handshake that is under way. */
const GRACE_MS = 100

/**
 * Ends a WebSocket whose peer has ended its side of the connection. By itself it would wait until everything was sent
 * that a peer that is gone will never read.
 */
export function terminateAfterEnd(webSocket: WebSocket, socket: Socket): void {
  socket.once('end', () => {
    const timer = setTimeout(() => webSocket.terminate(), GRACE_MS)
    webSocket.once('close', () => clearTimeout(timer))
  })
}
