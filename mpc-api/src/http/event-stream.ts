import { type ServerResponse } from 'node:http'
import { toErrorBody } from '../errors/error-body.ts'
import { type GatewayError } from '../errors/gateway-error.ts'
import { lingerBeforeClose } from './linger.ts'
import { contextOf } from './request-context.ts'
import { writeHead } from './respond.ts'

const HEADERS = [
  'content-type',
  'text/event-stream; charset=utf-8',
  'cache-control',
  'no-cache, no-transform',
  'x-accel-buffering',
  'no',
]
const PING = ': ping\n\n'

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
  readonly #res: ServerResponse
  readonly #pingMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(res: ServerResponse, clocks: EventStreamClocks) {
    this.#res = res
    this.#pingMs = clocks.pingMs
    this.#timer = setTimeout(() => this.#ping(), clocks.streamStartMs)
    res.once('close', () => this.stop())
  }

  /** True once headers went out: from then on a failure can only be told inside the stream. */
  get started(): boolean {
    return this.#res.headersSent
  }

  send(event: unknown): void {
    this.#write(`data: ${JSON.stringify(event)}\n\n`)
  }

  /** Sends the last event. */
  end(event: unknown): void {
    this.send(event)
    this.stop()
    this.#res.end()
  }

  /** Tells of a failure after the headers. */
  fail(error: GatewayError): void {
    const context = contextOf(this.#res.req)
    context.record.error = error.fields.code ?? error.fields.type
    context.record.cause = error.cause
    this.send({ error: toErrorBody(error, context.id)['error'] })
    this.stop()
    const { socket } = this.#res.req
    lingerBeforeClose(socket)
    socket.destroySoon()
  }

  /** Stops the clocks. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #write(frame: string): void {
    if (this.#res.destroyed) return
    if (!this.started) writeHead(this.#res, 200, HEADERS)
    contextOf(this.#res.req).record.bytesOut += Buffer.byteLength(frame)
    this.#res.write(frame)
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ping(), this.#pingMs)
  }

  #ping(): void {
    this.#write(PING)
  }
}
