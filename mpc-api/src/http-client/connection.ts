import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import { ConnectError, ResponseError } from './client-errors.ts'
import { type Carrier, type Transfer } from './transfer.ts'

/** Where connections go. */
export interface Server {
  host: string
  port: number
  isTls: boolean
  /** Longest time to connect, in ms. */
  connectMs: number
  /** What the last TLS handshake left, so that the next one is shorter. */
  session: Buffer | undefined
}

/** What becomes of a connection between transfers. */
export interface ConnectionEvents {
  /** It may carry another transfer, for so many ms. */
  onFree(connection: Connection, keepAliveMs: number): void
  onClose(connection: Connection): void
}

/** TCP asks a silent peer whether it still lives: a model may think for minutes. */
const PROBE_AFTER_MS = 60_000
/** A larger body is not worth another copy. */
const MAX_JOINED_BYTES = 8192

/** One connection to a server. It carries one transfer at a time. */
export class Connection implements Carrier {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  #transfer: Transfer | undefined
  #isReady = false
  #problem: Error | undefined
  /** Who waits for what was written to leave. */
  #wake: (() => void) | undefined

  constructor(server: Server, events: ConnectionEvents) {
    this.#events = events
    this.#socket = open(server, (bytes) => this.#received(bytes))
    const timer = setTimeout(() => this.#socket.destroy(connectTimeout()), server.connectMs)
    this.#socket
      .once(server.isTls ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer)
        this.#isReady = true
        if (this.#transfer !== undefined) this.#send(this.#transfer)
      })
      .on('end', () => this.#ended())
      .on('drain', () => this.#wake?.())
      .on('error', (problem) => (this.#problem = problem))
      .once('close', () => {
        clearTimeout(timer)
        this.#closed()
      })
    if (server.isTls) this.#socket.on('session', (session: Buffer) => (server.session = session))
  }

  /** False from the moment it begins to close. */
  get isUsable(): boolean {
    return !this.#socket.destroyed
  }

  /** Sends a request, at once or as soon as the connection is there. */
  carry(transfer: Transfer): void {
    this.#transfer = transfer
    transfer.carriedBy(this)
    if (this.#isReady) this.#send(transfer)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  drop(): void {
    this.#socket.destroy()
  }

  #send(transfer: Transfer): void {
    const { head, body } = transfer
    if (body !== null && !Buffer.isBuffer(body)) {
      void this.#sendStream(transfer, body)
      return
    }
    transfer.isSent = true
    if (body === null) this.#socket.write(head.text, 'latin1')
    // Hot path: one text is one buffer to send. As Latin-1 every byte is a character and back.
    else if (body.length <= MAX_JOINED_BYTES)
      this.#socket.write(head.text + body.toString('latin1'), 'latin1')
    else this.#writeTogether(head.text, body)
  }

  /** The head leaves with the first piece: a body that fails before it has reached nobody. */
  async #sendStream(transfer: Transfer, body: AsyncIterable<Uint8Array>): Promise<void> {
    const { text, framing } = transfer.head
    let left = typeof framing === 'number' ? framing : Infinity
    let before = text
    try {
      for await (const chunk of body) {
        if (!transfer.isOpen) return
        if (chunk.length === 0) continue
        left -= chunk.length
        if (left < 0) throw new Error('the body of the request is longer than announced')
        if (framing === 'chunked')
          this.#writeTogether(`${before}${chunk.length.toString(16)}\r\n`, chunk, '\r\n')
        else this.#writeTogether(before, chunk)
        before = ''
        if (this.#socket.writableNeedDrain) await this.#drained()
      }
      if (!transfer.isOpen) return
      if (framing !== 'chunked' && left > 0)
        throw new Error('the body of the request is shorter than announced')
      if (framing === 'chunked') before += '0\r\n\r\n'
      if (before !== '') this.#socket.write(before, 'latin1')
      transfer.isSent = true
    } catch (problem) {
      // A handler is never called before it was told what it handles.
      await Promise.resolve()
      transfer.fail(problem as Error)
    }
  }

  #writeTogether(...pieces: (string | Uint8Array)[]): void {
    this.#socket.cork()
    for (const piece of pieces) if (piece.length > 0) this.#socket.write(piece, 'latin1')
    this.#socket.uncork()
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      if (this.#socket.destroyed) resolve()
    })
  }

  #received(bytes: Buffer): void {
    const transfer = this.#transfer
    // What nobody asked for must not become somebody's answer.
    if (transfer === undefined) this.drop()
    else {
      transfer.received(bytes)
      this.#freeAfterTransfer()
    }
  }

  #freeAfterTransfer(): void {
    const transfer = this.#transfer
    if (transfer === undefined || transfer.isOpen) return
    this.#transfer = undefined
    const isFree = transfer.leftNothing && transfer.keepAliveMs > 0 && this.#socket.writableLength === 0
    if (!isFree) this.drop()
    else {
      // The transfer may have ended while its client was not ready for more.
      if (this.#socket.isPaused()) this.#socket.resume()
      this.#events.onFree(this, transfer.keepAliveMs)
    }
  }

  #ended(): void {
    this.#transfer?.closed()
    this.drop()
  }

  #closed(): void {
    this.#wake?.()
    this.#events.onClose(this)
    const problem = this.#problem ?? new ResponseError('CLOSED_EARLY', 'the connection was closed')
    this.#transfer?.fail(this.#isReady ? problem : new ConnectError('no connection', { cause: problem }))
  }
}

/**
 * What plain connections read into, one after the other. Hot path: Node would take 64 KiB for each read of each of them,
 * and give most of it back.
 */
const readInto = Buffer.allocUnsafeSlow(64 * 1024)

function open({ host, port, isTls, session }: Server, onBytes: (bytes: Buffer) => void): Socket {
  const to = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS }
  if (isTls) {
    return tls
      .connect({
        ...to,
        ALPNProtocols: ['http/1.1'],
        // An address is no name to ask for (RFC 6066 §3).
        ...(net.isIP(host) === 0 ? { servername: host } : {}),
        ...(session === undefined ? {} : { session }),
      })
      .on('data', onBytes)
  }
  const callback = (size: number): boolean => {
    onBytes(readInto.subarray(0, size))
    return true
  }
  return net.connect({ ...to, onread: { buffer: readInto, callback } })
}

function connectTimeout(): Error {
  return Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' })
}
