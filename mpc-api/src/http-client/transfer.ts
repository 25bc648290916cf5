import { type RequestHead, type RequestBody } from './request-head.ts'
import { type ResponseHead } from './response-head.ts'
import { type ResponseEvents, ResponseReader } from './response-reader.ts'

/** Takes a response as it comes. Nothing is called after `onEnd`, after `onError` or once the transfer was aborted. */
export interface ResponseHandler extends ResponseEvents {
  /**
   * There is no response, or no whole one: a ConnectError when nothing was sent, a ResponseError when what came was broken
   * or too short, else what the socket or the body of the request failed with.
   */
  onError(problem: Error): void
}

/** What a transfer asks of the connection that carries it. */
export interface Carrier {
  pause(): void
  resume(): void
  /** Closes it at once. */
  drop(): void
}

/** One request on its way, and its response. */
export class Transfer implements ResponseEvents {
  readonly head: RequestHead
  readonly body: RequestBody
  /** True once the whole request has been handed to the connection. */
  isSent = false
  /** How long the server keeps the connection afterwards, in ms. */
  keepAliveMs = 0
  readonly #handler: ResponseHandler
  readonly #reader: ResponseReader
  #carrier: Carrier | undefined
  #isOpen = true

  constructor(head: RequestHead, body: RequestBody, handler: ResponseHandler) {
    this.head = head
    this.body = body
    this.#handler = handler
    this.#reader = new ResponseReader(this)
  }

  /** False once the response has ended or failed, or was given up. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** True when request and response have passed whole, and nothing came behind them. */
  get leftNothing(): boolean {
    return this.isSent && this.#reader.endedCleanly
  }

  carriedBy(carrier: Carrier): void {
    this.#carrier = carrier
  }

  /** Gives it up: the connection is closed, and the handler hears nothing more. */
  abort(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#reader.stop()
    this.#carrier?.drop()
  }

  /** Takes no more from the server, which then has to wait, too. What is here already is still told. */
  pause(): void {
    if (this.#isOpen) this.#carrier?.pause()
  }

  resume(): void {
    if (this.#isOpen) this.#carrier?.resume()
  }

  /** Bytes have come from the server. */
  received(bytes: Buffer): void {
    try {
      this.#reader.read(bytes)
    } catch (problem) {
      this.fail(problem as Error)
    }
  }

  /** The server has ended the connection. */
  closed(): void {
    try {
      this.#reader.close()
    } catch (problem) {
      this.fail(problem as Error)
    }
  }

  fail(problem: Error): void {
    if (!this.#isOpen) return
    this.abort()
    this.#handler.onError(problem)
  }

  onHead(head: ResponseHead): void {
    this.keepAliveMs = head.keepAliveMs
    this.#handler.onHead(head)
  }

  onData(chunk: Buffer): void {
    this.#handler.onData(chunk)
  }

  onEnd(): void {
    this.#isOpen = false
    this.#handler.onEnd()
  }
}
