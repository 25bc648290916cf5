import { GatewayError } from '../errors/gateway-error.ts'
import { type HeaderFields } from '../http-client/header-fields.ts'
import { type AnswerSink } from '../http/answer-sink.ts'
import { JSON_TYPE } from '../http/respond.ts'
import { type Answer, type WriteResult } from './answer.ts'
import { toClientHeaders } from './response-headers.ts'
import { type UsageTap } from './usage-tap.ts'

/** An answer up to this size is checked before the client sees any of it; a larger one streams through. */
const MAX_CHECKED_BYTES = 256 * 1024
/** Of a larger answer so much of the end is looked at for what it used: LiteLLM says that last. */
const TAIL_BYTES = 16 * 1024
const NOTHING = Buffer.alloc(0)

/** A JSON answer in one piece. */
export class WholeAnswer implements Answer {
  started = false
  readonly #sink: AnswerSink
  readonly #status: number
  readonly #received: HeaderFields
  readonly #tap: UsageTap
  #chunks: Buffer[] = []
  #size = 0
  #tail: Buffer = NOTHING
  /** All of it, once it was read. */
  #body: Buffer = NOTHING

  constructor(sink: AnswerSink, status: number, headers: HeaderFields, tap: UsageTap) {
    this.#sink = sink
    this.#status = status
    this.#received = headers
    this.#tap = tap
    tap.readCostHeader(headers.first('x-litellm-response-cost'))
  }

  write(chunk: Buffer): WriteResult {
    this.#size += chunk.length
    if (this.started) return this.#pass(chunk)
    this.#chunks.push(chunk)
    if (this.#size <= MAX_CHECKED_BYTES) return 'more'
    const held = Buffer.concat(this.#chunks)
    this.#chunks = []
    if (!startsJson(held)) throw notJson()
    this.started = true
    this.#sink.head(this.#status, this.#headers())
    return this.#pass(held)
  }

  readWhole(): void {
    if (this.started) {
      this.#tap.readTail(this.#tail)
      return
    }
    this.#body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks)
    const value = parse(this.#body)
    if (typeof value !== 'object' || value === null) throw notJson()
    this.#tap.readAnswer(value)
  }

  end(): void {
    if (this.started) {
      this.#sink.end()
      return
    }
    this.started = true
    this.#sink.body(this.#status, this.#headers(), this.#body)
  }

  fail(): void {
    // Without its announced end the answer is visibly cut short.
    this.#sink.cut()
  }

  #pass(bytes: Buffer): WriteResult {
    this.#tail = lastBytes(this.#tail, bytes)
    return this.#sink.write(bytes) ? 'more' : 'full'
  }

  #headers(): string[] {
    const headers = toClientHeaders(this.#received)
    headers.push('content-type', JSON_TYPE, 'server-timing', this.#serverTiming())
    return headers
  }

  /**
   * Where the time went (W3C Server Timing), in ms: in the gateway, in LiteLLM itself, at the provider. The last two
   * come from LiteLLM's own headers and are left out when it does not say.
   */
  #serverTiming(): string {
    const { context } = this.#sink
    const total = context.elapsedMs()
    const upstream = total - (context.record.upstreamStartMs ?? total)
    const overhead = Number(this.#received.first('x-litellm-overhead-duration-ms') ?? Number.NaN)
    const response = Number(this.#received.first('x-litellm-response-duration-ms') ?? Number.NaN)
    let timing = `gateway;dur=${(total - upstream).toFixed(2)}`
    if (Number.isFinite(overhead)) timing += `, litellm;dur=${overhead.toFixed(2)}`
    if (Number.isFinite(response - overhead))
      timing += `, provider;dur=${Math.max(0, response - overhead).toFixed(2)}`
    return timing
  }
}

function lastBytes(before: Buffer, bytes: Buffer): Buffer {
  if (bytes.length >= TAIL_BYTES) return bytes.subarray(-TAIL_BYTES)
  return Buffer.concat([before, bytes]).subarray(-TAIL_BYTES)
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown
  } catch (cause) {
    throw notJson(cause)
  }
}

function startsJson(bytes: Buffer): boolean {
  return /^\s*[[{]/.test(bytes.toString('latin1', 0, 64))
}

function notJson(cause?: unknown): GatewayError {
  return new GatewayError('LLM_ERROR', 'LiteLLM answered with something that is no JSON object.', { cause })
}
