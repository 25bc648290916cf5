import { type WebSocket } from 'ws'

const PAYLOAD = Buffer.from('mpc-api')

/** True for the answer to a ping of ours; pongs to anybody else's are theirs. */
export function isOwnPong(data: Buffer): boolean {
  return data.equals(PAYLOAD)
}

export interface HeartbeatLimits {
  /** Silence of the peer, in ms, after which it is pinged. */
  pingMs: number
  /** Silence of the peer, in ms, despite pings, after which it is taken for dead and the connection is cut. */
  idleMs: number
}

/** Pings a peer that is silent, so that nobody in between drops the connection, and cuts one that is dead. */
export function keepAlive(webSocket: WebSocket, { pingMs, idleMs }: HeartbeatLimits): void {
  let heardAt = performance.now()
  const hear = (): void => {
    heardAt = performance.now()
  }
  const beat = (): void => {
    // A peer that is not read cannot be heard.
    if (webSocket.isPaused) hear()
    const silence = performance.now() - heardAt
    if (silence > Math.max(idleMs, 2 * pingMs)) webSocket.terminate()
    else if (silence >= pingMs * 0.9 && webSocket.readyState === webSocket.OPEN) webSocket.ping(PAYLOAD)
  }
  const timer = setInterval(beat, pingMs).unref()
  webSocket.on('message', hear).on('ping', hear).on('pong', hear)
  webSocket.once('close', () => clearInterval(timer))
}
