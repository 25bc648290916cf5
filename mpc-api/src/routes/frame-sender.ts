import { type WebSocket } from 'ws'
import { type AccessRecord } from '../http/request-context.ts'

/** Answers are not read on while more than this, in bytes, waits for the client. */
const MAX_WAITING_BYTES = 1024 * 1024
/** The client is not read on either while this much waits for it: it only asks and never reads. */
const MAX_BEFORE_PAUSE_BYTES = 4 * MAX_WAITING_BYTES

/** Writes JSON frames to a client, counts them, and knows when it reads too slowly. */
export class FrameSender {
  readonly #socket: WebSocket
  readonly #record: AccessRecord
  readonly #frames = { framesIn: 0, framesOut: 0, closeCode: 1006 }
  #waiting: (() => void)[] = []

  /** @param record of the connection; is told of frames, bytes, and the code it closed with */
  constructor(socket: WebSocket, record: AccessRecord) {
    this.#socket = socket
    this.#record = record
    record.socket = this.#frames
    socket.once('close', (code) => {
      this.#frames.closeCode = code
    })
  }

  /** True when answers should wait for `whenReady`. */
  get isFull(): boolean {
    return this.#socket.bufferedAmount > MAX_WAITING_BYTES
  }

  received(message: Buffer): void {
    this.#frames.framesIn += 1
    this.#record.bytesIn += message.length
  }

  /** @returns the bytes that the frame took */
  send(frame: Record<string, unknown>): number {
    if (this.#socket.readyState !== this.#socket.OPEN) return 0
    const text = Buffer.from(JSON.stringify(frame))
    this.#frames.framesOut += 1
    this.#record.bytesOut += text.length
    this.#socket.send(text, { binary: false }, () => this.#onSent())
    if (this.#socket.bufferedAmount > MAX_BEFORE_PAUSE_BYTES) this.#socket.pause()
    return text.length
  }

  /** Calls `action` once the client has read most of what it was sent. */
  whenReady(action: () => void): void {
    if (this.isFull) this.#waiting.push(action)
    else action()
  }

  #onSent(): void {
    if (this.#socket.bufferedAmount > MAX_WAITING_BYTES / 2) return
    if (this.#socket.isPaused) this.#socket.resume()
    const actions = this.#waiting
    this.#waiting = []
    for (const action of actions) action()
  }
}
