import { type ServerResponse } from 'node:http'
import { lingerBeforeClose } from './linger.ts'
import { contextOf, type RequestContext } from './request-context.ts'
import { sendBody, sendPiece, writeHead } from './respond.ts'
import { type AnswerPiece } from './send-as-text.ts'

/** Takes an answer as it is made: one client's response, or a recording that several clients read. */
export interface AnswerSink {
  /** The request that the answer is made for. */
  readonly context: RequestContext
  /** True while what was written has not left yet. */
  readonly isFull: boolean
  /** @param headers a flat list of names and values, besides those that every answer has */
  head(status: number, headers: readonly string[]): void
  /** False when the client does not keep up: write on after `whenReady`. */
  write(piece: AnswerPiece): boolean
  /** Ends the answer, with its last piece where it is given: a response sends both in one write. */
  end(last?: AnswerPiece): void
  /** A whole answer: head, bytes and end in one. */
  body(status: number, headers: readonly string[], bytes: Buffer): void
  /** Ends the connection after what was written, without the end that would make the answer look complete. */
  cut(): void
  whenReady(action: () => void): void
}

/**
 * The sink that is one client's response. A class, for it is made on every request: an object literal with a getter
 * gets a hidden class of its own each time, which V8 keeps, with all that the getter sees, until a full collection.
 */
export class ClientSink implements AnswerSink {
  readonly context: RequestContext
  readonly #res: ServerResponse

  constructor(res: ServerResponse) {
    this.#res = res
    this.context = contextOf(res.req)
  }

  get isFull(): boolean {
    return this.#res.writableNeedDrain
  }

  head(status: number, headers: readonly string[]): void {
    writeHead(this.#res, status, headers)
  }

  write(piece: AnswerPiece): boolean {
    this.context.record.bytesOut += piece.length
    return sendPiece(this.#res, piece)
  }

  end(last?: AnswerPiece): void {
    this.context.record.bytesOut += last?.length ?? 0
    this.#res.end(last, 'latin1')
  }

  body(status: number, headers: readonly string[], bytes: Buffer): void {
    sendBody(this.#res, status, headers, bytes)
  }

  cut(): void {
    const { socket } = this.#res.req
    // What was written in this turn is still with the response: Node 26 would lose it.
    if (this.#res.writableCorked > 0) this.#res.uncork()
    lingerBeforeClose(socket)
    socket.destroySoon()
  }

  whenReady(action: () => void): void {
    this.#res.once('drain', action)
  }
}
