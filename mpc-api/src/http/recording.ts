import { type GatewayError } from '../errors/gateway-error.ts'
import { type AnswerSink } from './answer-sink.ts'
import { type RequestContext } from './request-context.ts'
import { type AnswerPiece } from './send-as-text.ts'

/** A larger answer is passed on but not kept. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024
/** How far the slowest reader may be behind before the answer has to wait. */
const MAX_LAG_BYTES = 1024 * 1024

interface Reader {
  sink: AnswerSink
  isReplay: boolean
  /** Chunks that this reader has been given. */
  given: number
  waits: boolean
  done: { resolve: () => void; reject: (reason: unknown) => void }
}

/**
 * An answer that several clients read: those that wait while it is made, and those that ask again later. While anybody
 * reads it goes on; when the last reader leaves an unfinished one, it is abandoned.
 */
export class Recording implements AnswerSink {
  /** The work's own context: it is interrupted when nobody reads any more. */
  readonly context: RequestContext
  #head: { status: number; headers: readonly string[] } | undefined
  #chunks: Buffer[] = []
  /** Chunks that every reader had and that are not kept. */
  #dropped = 0
  #size = 0
  #state: 'open' | 'ended' | 'cut' = 'open'
  #failure: unknown
  #isAccounted = false
  readonly #readers = new Set<Reader>()
  #whenReady: (() => void)[] = []

  /** @param first context of the request that the answer is made for */
  constructor(first: RequestContext) {
    this.context = first.fork()
  }

  /** True while later requests may still be given this answer. */
  get isReusable(): boolean {
    return (
      this.#failure === undefined &&
      this.#state !== 'cut' &&
      this.#size <= MAX_KEPT_BYTES &&
      !this.context.clientGone
    )
  }

  get bytes(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#lag() > MAX_LAG_BYTES
  }

  head(status: number, headers: readonly string[]): void {
    this.#head = { status, headers }
  }

  write(piece: AnswerPiece): boolean {
    this.#keep(piece)
    this.#serveAll()
    return !this.isFull
  }

  body(status: number, headers: readonly string[], bytes: Buffer): void {
    this.head(status, [...headers, 'content-length', String(bytes.length)])
    this.end(bytes)
  }

  end(last?: AnswerPiece): void {
    if (last !== undefined) this.#keep(last)
    this.#close('ended')
  }

  cut(): void {
    this.#close('cut')
  }

  whenReady(action: () => void): void {
    this.#whenReady.push(action)
  }

  /** The work failed before there was an answer. */
  fail(reason: unknown): void {
    this.#failure = reason
    this.context.release()
    for (const reader of this.#readers) reader.done.reject(reason)
    this.#readers.clear()
  }

  /**
   * Gives the answer to a client, what is there at once and the rest as it comes.
   *
   * @throws what `fail` was told, when there is no answer
   */
  serve(sink: AnswerSink, isReplay: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const reader: Reader = { sink, isReplay, given: 0, waits: false, done: { resolve, reject } }
      if (isReplay) sink.context.record.replayed = true
      this.#readers.add(reader)
      sink.context.onInterrupted((reason) => this.#leave(reader, reason))
      this.#serve(reader)
    })
  }

  /** It may be kept for long: what made it must not be kept with it, the request's body for one. */
  #close(state: 'ended' | 'cut'): void {
    this.#state = state
    this.context.release()
    this.#serveAll()
    this.#whenReady = []
  }

  #keep(piece: AnswerPiece): void {
    // What is kept long must not fill V8's heap, which is small beside the memory that buffers may have.
    this.#chunks.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
    this.#size += piece.length
  }

  #serveAll(): void {
    for (const reader of this.#readers) this.#serve(reader)
    if (!this.isReusable) this.#dropTaken()
    if (!this.isFull) for (const action of this.#whenReady.splice(0)) action()
  }

  #serve(reader: Reader): void {
    if (this.#head === undefined || reader.waits) return
    if (reader.given === 0) this.#begin(reader)
    while (reader.given - this.#dropped < this.#chunks.length) {
      const chunk = this.#chunks[reader.given - this.#dropped] as Buffer
      reader.given += 1
      if (!reader.sink.write(chunk)) {
        reader.waits = true
        reader.sink.whenReady(() => this.#resume(reader))
        return
      }
    }
    if (this.#state !== 'open') this.#finish(reader)
  }

  #begin(reader: Reader): void {
    const { status, headers } = this.#head as { status: number; headers: readonly string[] }
    reader.sink.head(status, reader.isReplay ? [...headers, 'idempotency-replayed', 'true'] : headers)
  }

  #resume(reader: Reader): void {
    reader.waits = false
    if (this.#readers.has(reader)) this.#serveAll()
  }

  #finish(reader: Reader): void {
    this.#readers.delete(reader)
    this.#account(reader)
    if (this.#state === 'ended') reader.sink.end()
    else reader.sink.cut()
    reader.done.resolve()
  }

  #leave(reader: Reader, reason: GatewayError | undefined): void {
    // The last words of the work reach those who still read.
    if (reason !== undefined && this.#state === 'open' && this.#readers.has(reader))
      this.context.interrupt(reason)
    if (!this.#readers.delete(reader)) return
    const isLast = this.#readers.size === 0 && this.#state === 'open'
    if (isLast) {
      if (reason === undefined) this.context.markClientGone()
      this.#account(reader)
    } else this.#serveAll()
    if (reason !== undefined && this.#head === undefined) reader.done.reject(reason)
    else {
      if (reason !== undefined) reader.sink.cut()
      reader.done.resolve()
    }
  }

  /** What the answer used is booked once, on the request that is done with it first. */
  #account({ sink }: Reader): void {
    if (this.#isAccounted) return
    this.#isAccounted = true
    const { record } = sink.context
    const { bytesIn, bytesOut } = record
    const known = Object.entries(this.context.record).filter(([, value]) => value !== undefined)
    Object.assign(record, Object.fromEntries(known), { bytesIn, bytesOut })
  }

  #lag(): number {
    let slowest = this.#chunks.length
    for (const reader of this.#readers) slowest = Math.min(slowest, reader.given - this.#dropped)
    return this.#chunks.slice(slowest).reduce((sum, chunk) => sum + chunk.length, 0)
  }

  #dropTaken(): void {
    let taken = this.#chunks.length
    for (const reader of this.#readers) taken = Math.min(taken, reader.given - this.#dropped)
    this.#chunks.splice(0, taken)
    this.#dropped += taken
  }
}
