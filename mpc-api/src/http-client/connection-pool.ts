import { ConnectError } from './client-errors.ts'
import { Connection, type ConnectionEvents, type Server } from './connection.ts'
import { type OutgoingRequest, writeRequestHead } from './request-head.ts'
import { type ResponseHandler, Transfer } from './transfer.ts'

export interface PoolOptions {
  /** `http:` or `https:` address; only its origin counts. */
  url: string
  /** Longest time to connect, in ms. */
  connectMs: number
  /** How long an idle connection is used again, in ms; shorter where the server says so. */
  keepAliveMs: number
}

/** A server that is to keep a connection for so long may close it a little earlier, in ms. */
const KEEP_ALIVE_MARGIN_MS = 1000

interface Idle {
  connection: Connection
  /** In ms, on the clock of `performance.now`. */
  until: number
}

/**
 * The connections to one server: as many as there are requests at a time, each used again and again (RFC 9112 §9.3), never
 * for two requests at once. A request is sent once; whether it may be sent again is for others to say.
 */
export class ConnectionPool implements ConnectionEvents {
  readonly #server: Server
  readonly #authority: string
  readonly #keepAliveMs: number
  readonly #connections = new Set<Connection>()
  /** The last one used is used next, so that those that are not needed grow old. */
  readonly #idle: Idle[] = []
  #sweeping: NodeJS.Timeout | undefined
  #isClosed = false

  constructor({ url, connectMs, keepAliveMs }: PoolOptions) {
    const { protocol, hostname, port, host } = new URL(url)
    const isTls = protocol === 'https:'
    this.#authority = host
    this.#keepAliveMs = keepAliveMs
    this.#server = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? (isTls ? 443 : 80) : Number(port),
      isTls,
      connectMs,
      session: undefined,
    }
  }

  /**
   * Sends a request. The handler is called later, never before this returns.
   *
   * @throws {TypeError} when the request cannot be written as HTTP
   * @throws {ConnectError} after `close`
   */
  send(request: OutgoingRequest, handler: ResponseHandler): Transfer {
    if (this.#isClosed) throw new ConnectError('the connections are closed')
    const transfer = new Transfer(writeRequestHead(request, this.#authority), request.body, handler)
    const connection = this.#takeIdle() ?? this.#open()
    connection.carry(transfer)
    return transfer
  }

  /** Ends every connection, whatever it carries. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#sweeping)
    for (const connection of this.#connections) connection.drop()
  }

  onFree(connection: Connection, keepAliveMs: number): void {
    const ms = Math.min(this.#keepAliveMs, keepAliveMs - KEEP_ALIVE_MARGIN_MS)
    if (ms <= 0) {
      connection.drop()
      return
    }
    this.#idle.push({ connection, until: performance.now() + ms })
    if (this.#sweeping === undefined) this.#sweepLater()
  }

  onClose(connection: Connection): void {
    this.#connections.delete(connection)
    const at = this.#idle.findLastIndex((idle) => idle.connection === connection)
    if (at !== -1) this.#idle.splice(at, 1)
  }

  #open(): Connection {
    const connection = new Connection(this.#server, this)
    this.#connections.add(connection)
    return connection
  }

  #takeIdle(): Connection | undefined {
    const now = performance.now()
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.until > now && idle.connection.isUsable) return idle.connection
      idle.connection.drop()
    }
    return undefined
  }

  #sweepLater(): void {
    this.#sweeping = setTimeout(() => this.#sweep(), this.#keepAliveMs).unref()
  }

  /** Closes what has been idle for too long. */
  #sweep(): void {
    this.#sweeping = undefined
    const now = performance.now()
    const old = this.#idle.filter(({ until }) => until <= now)
    for (const { connection } of old) connection.drop()
    if (old.length < this.#idle.length) this.#sweepLater()
  }
}
