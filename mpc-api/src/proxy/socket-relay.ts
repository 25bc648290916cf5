import { type WebSocket } from 'ws'
import { isOwnPong } from '../http/heartbeat.ts'

/** More than this, in bytes, is not held for a side that reads slowly: the other side is not read meanwhile. */
const MAX_HELD_BYTES = 1024 * 1024

/**
 * Passes messages, pings and pongs of one side on to the other, as they are. A side that does not read stops the
 * reading of the other.
 *
 * @param seen is shown each message, after it was passed on
 */
export function relayFrames(
  from: WebSocket,
  to: WebSocket,
  seen: (message: Buffer, isBinary: boolean) => void,
): void {
  const onSent = (): void => {
    if (from.isPaused && to.bufferedAmount <= MAX_HELD_BYTES / 2) from.resume()
  }
  const hold = (): void => {
    if (to.bufferedAmount > MAX_HELD_BYTES) from.pause()
  }
  const isOpen = (): boolean => to.readyState === to.OPEN
  from.on('message', (message: Buffer, isBinary) => {
    if (isOpen()) to.send(message, { binary: isBinary }, onSent)
    hold()
    seen(message, isBinary)
  })
  from.on('ping', (data: Buffer) => {
    if (!isOpen()) return
    to.ping(data, undefined, onSent)
    hold()
  })
  from.on('pong', (data: Buffer) => {
    if (!isOpen() || isOwnPong(data)) return
    to.pong(data, undefined, onSent)
    hold()
  })
  // What is still to be read is how this side closes.
  to.once('close', () => from.resume())
}
