import { toErrorBody } from '../errors/error-body.ts'
import { type GatewayError } from '../errors/gateway-error.ts'
import { type AnswerSink } from './answer-sink.ts'

/** The headers of every event stream; nothing between here and the client may hold it back or change it. */
export const EVENT_STREAM_HEADERS: readonly string[] = [
  'content-type',
  'text/event-stream; charset=utf-8',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
]
/** A comment, which clients pass over. */
export const PING = Buffer.from(': ping\n\n')

export interface EventStreamClocks {
  /** How long the first event is awaited before headers and a ping go out; until then an error keeps its status. */
  streamStartMs: number
  /** Silence after which a ping is sent. */
  pingMs: number
}

/**
 * A stream of events that the gateway itself writes: frames of one `data:` line with JSON, which every client reads.
 * One that fails ends with an error frame and a cut connection, so that it never looks complete.
 */
export class EventStream {
  /** True once headers went out: from then on a failure can only be told inside the stream. */
  started = false
  readonly #sink: AnswerSink
  readonly #pingMs: number
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(sink: AnswerSink, clocks: EventStreamClocks) {
    this.#sink = sink
    this.#pingMs = clocks.pingMs
    this.#timer = setTimeout(() => this.#ping(), clocks.streamStartMs)
    sink.context.onInterrupted((reason) => {
      // With a reason there is still somebody to be told.
      if (reason === undefined) this.stop()
    })
  }

  send(event: unknown): void {
    this.#write(Buffer.from(`data: ${JSON.stringify(event)}\n\n`))
  }

  /** Sends the last event. */
  end(event: unknown): void {
    this.send(event)
    this.stop()
    this.#sink.end()
  }

  /** Tells of a failure after the headers. */
  fail(error: GatewayError): void {
    const { context } = this.#sink
    context.record.error = error.fields.code ?? error.fields.type
    context.record.cause = error.cause
    this.send({ error: toErrorBody(error, context.id)['error'] })
    this.stop()
    this.#sink.cut()
  }

  /** Stops the clocks; nothing is written any more. */
  stop(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #write(frame: Buffer): void {
    if (this.#isOver) return
    if (!this.started) this.#sink.head(200, EVENT_STREAM_HEADERS)
    this.started = true
    this.#sink.write(frame)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ping(), this.#pingMs)
  }

  #ping(): void {
    this.#write(PING)
  }
}
