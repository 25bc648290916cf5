import { GatewayError } from '../errors/gateway-error.ts'
import { ConnectError, ResponseError } from '../http-client/client-errors.ts'
import { type HeaderFields } from '../http-client/header-fields.ts'
import { type OutgoingRequest } from '../http-client/request-head.ts'
import { type ResponseHead } from '../http-client/response-head.ts'
import { type ResponseHandler, type Transfer } from '../http-client/transfer.ts'
import { afterTurn } from '../http/after-turn.ts'
import { type RequestContext } from '../http/request-context.ts'
import { type StreamDialect } from '../protocol/stream-dialect.ts'
import { type UsageDialect } from '../protocol/token-usage.ts'
import { type Answer, type Outlet, type StreamAnswer, type WriteResult } from './answer.ts'
import { type ClockEvents, Clocks, type ExchangeClocks } from './clocks.ts'
import { RefusedAnswer } from './refused-answer.ts'
import { type Upstream, type UpstreamAddress } from './upstream.ts'
import { UsageTap } from './usage-tap.ts'

/** A request as it goes to LiteLLM, from whose root its path begins. */
export interface Call extends OutgoingRequest {
  asksForStream: boolean
  /** Content types that are passed on as they come instead of being read as JSON. */
  media: RegExp | undefined
  streamDialect: StreamDialect
  usageDialect: UsageDialect
  hidesUsage: boolean
}

/** How long LiteLLM may take to close its side after the client has the whole answer. */
const CLOSING_MS = 1000

/**
 * One request to LiteLLM, and its answer on the way to whoever asked: the transfer on one side, the outlet on the other,
 * the clocks between them. When the client leaves, LiteLLM's side is cancelled.
 */
export class Exchange implements ResponseHandler, ClockEvents {
  readonly #call: Call
  readonly #outlet: Outlet
  readonly #context: RequestContext
  readonly #clocks: Clocks
  readonly #tap: UsageTap
  #stream: StreamAnswer | undefined
  #answer: Answer | undefined
  #transfer: Transfer | undefined
  /** Bytes of the answer's body so far. */
  #received = 0
  #isComplete = false
  /** The client has to read first. */
  #waits = false
  #closing: NodeJS.Timeout | undefined
  /** What ended the exchange while it waited to be run again. */
  #earlyFailure: unknown
  #settle: { resolve: () => void; reject: (reason: unknown) => void } | undefined
  #onAnswered: ((status: number) => void) | undefined

  constructor(call: Call, context: RequestContext, outlet: Outlet, clocks: ExchangeClocks) {
    this.#call = call
    this.#outlet = outlet
    this.#context = context
    this.#tap = new UsageTap(call.usageDialect, context.record)
    this.#clocks = new Clocks(clocks, this, call.asksForStream)
    // LiteLLM answers an upload only after its end.
    if (call.body !== null && !Buffer.isBuffer(call.body)) this.#clocks.setPaused(true)
    context.onInterrupted((reason) => (reason === undefined ? this.#over() : this.#fail(reason)))
  }

  /**
   * Sends the request to an address and relays the answer.
   *
   * @param onAnswered called with the status that LiteLLM answers with
   * @throws {GatewayError} when it failed before anything was sent to the client
   * @throws {ConnectError} when no connection could be made; `run` may be called again
   */
  run(upstream: Upstream, address: UpstreamAddress, onAnswered: (status: number) => void): Promise<void> {
    this.#onAnswered = onAnswered
    this.#context.record.upstream = address.url
    this.#context.record.upstreamStartMs ??= this.#context.elapsedMs()
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
      if (this.#context.clientGone) this.#over()
      else if (this.#earlyFailure !== undefined) this.#fail(this.#earlyFailure)
      else this.#transfer = upstream.send(address, this.#openRequest(), this)
    })
  }

  /** A stream may have begun while no address could be reached yet. */
  tell(failure: GatewayError): boolean {
    if (this.#stream?.started !== true) return false
    this.#tellOpen(this.#stream, failure)
    return true
  }

  /** Stops the clocks. Call it after the last `run`. */
  close(): void {
    this.#clocks.stop()
    this.#context.record.upstreamEndMs ??= this.#context.elapsedMs()
  }

  onHead({ status, headers }: ResponseHead): void {
    this.#clocks.received(performance.now())
    this.#context.record.firstByteMs ??= this.#context.elapsedMs()
    this.#context.record.upstreamStatus = status
    this.#onAnswered?.(status)
    try {
      this.#answer = this.#chooseAnswer(status, headers)
    } catch (problem) {
      this.#fail(problem)
    }
  }

  onData(chunk: Buffer): void {
    if (this.#answer === undefined || this.#isComplete) return
    const now = performance.now()
    this.#clocks.received(now)
    this.#received += chunk.length
    try {
      // The bytes are lent, which only a stream is content with.
      const bytes = this.#answer === this.#stream ? chunk : Buffer.from(chunk)
      this.#afterWrite(this.#answer.write(bytes), now)
    } catch (problem) {
      this.#fail(problem)
    }
  }

  onEnd(): void {
    this.close()
    if (this.#isComplete) {
      this.#succeed()
      return
    }
    try {
      this.#answer?.readWhole?.()
      afterTurn(this.#received, () => this.#endAnswer())
    } catch (problem) {
      this.#fail(problem)
    }
  }

  onError(problem: Error): void {
    if (this.#isComplete) this.#succeed()
    else if (problem instanceof ConnectError) this.#reject(problem)
    // A body that could not be read, or must not be sent, fails with an error of ours.
    else if (problem instanceof GatewayError) this.#fail(problem)
    else this.#fail(new GatewayError('LLM_ERROR', describeLoss(problem, this.#answer), { cause: problem }))
  }

  expired(clock: string, limitMs: number): void {
    this.#fail(tookTooLong(clock, limitMs))
  }

  startStream(): void {
    this.#streamAnswer().startEarly()
  }

  ping(): void {
    this.#streamAnswer().ping()
  }

  #endAnswer(): void {
    if (this.#settle === undefined) return
    try {
      this.#answer?.end()
      this.#succeed()
    } catch (problem) {
      this.#fail(problem)
    }
  }

  #openRequest(): OutgoingRequest {
    const { body } = this.#call
    if (body === null || Buffer.isBuffer(body)) return this.#call
    return { ...this.#call, body: this.#passUpload(body) }
  }

  async *#passUpload(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield* body
    this.#clocks.setPaused(false)
  }

  /** LiteLLM may answer a request for a stream in one piece: its content type decides. */
  #chooseAnswer(status: number, headers: HeaderFields): Answer {
    if (status >= 300) return new RefusedAnswer(status, headers)
    const type = (headers.first('content-type') ?? '').toLowerCase()
    const encoding = headers.first('content-encoding') ?? 'identity'
    if (encoding !== 'identity') {
      throw new GatewayError(
        'LLM_ERROR',
        `LiteLLM encoded its answer (${encoding}), which was not asked for.`,
      )
    }
    if (type.startsWith('text/event-stream')) {
      const stream = this.#streamAnswer()
      stream.accept(headers)
      return stream
    }
    if (this.#stream?.started === true) {
      throw new GatewayError('LLM_ERROR', 'LiteLLM answered in one piece after the stream had begun.')
    }
    if (this.#call.media?.test(type) === true) {
      return this.#outlet.media({ status, headers, tap: this.#tap, mayBeEmpty: this.#call.method === 'GET' })
    }
    if (/^application\/(?:[\w.-]+\+)?json\b/.test(type)) return this.#outlet.whole(status, headers, this.#tap)
    throw new GatewayError(
      'LLM_ERROR',
      `LiteLLM answered with ${type === '' ? 'no content type' : type.split(';')[0]}, which is no answer here.`,
    )
  }

  #streamAnswer(): StreamAnswer {
    this.#stream ??= this.#outlet.stream({
      dialect: this.#call.streamDialect,
      tap: this.#tap,
      hidesUsage: this.#call.hidesUsage,
    })
    return this.#stream
  }

  #afterWrite(result: WriteResult, now: number): void {
    if (this.#stream?.started === true) this.#clocks.sent(now)
    if (result === 'more') return
    if (result === 'full') this.#waitForClient()
    else if (result === 'complete') this.#awaitClosing()
    else this.#over()
  }

  /** What LiteLLM had sent by then still comes, so this may be asked again while it waits. */
  #waitForClient(): void {
    if (this.#waits) return
    this.#waits = true
    this.#transfer?.pause()
    this.#clocks.setPaused(true)
    this.#outlet.whenReady(() => {
      this.#waits = false
      this.#clocks.setPaused(false)
      this.#transfer?.resume()
    })
  }

  /** The client has everything. LiteLLM gets a moment to end its side, so that the connection can be used again. */
  #awaitClosing(): void {
    this.#isComplete = true
    this.close()
    this.#closing = setTimeout(() => this.#over(), CLOSING_MS).unref()
  }

  #fail(problem: unknown): void {
    if (this.#settle === undefined) {
      this.#earlyFailure ??= problem
      return
    }
    const open =
      this.#stream?.started === true
        ? this.#stream
        : this.#answer?.started === true
          ? this.#answer
          : undefined
    if (open === undefined || !(problem instanceof GatewayError)) {
      this.#reject(problem)
    } else {
      this.#tellOpen(open, problem)
      this.#succeed()
    }
    this.#transfer?.abort()
  }

  #tellOpen(open: Answer, failure: GatewayError): void {
    this.#context.record.error = failure.fields.code ?? failure.fields.type
    this.#context.record.cause = failure.cause
    open.fail(failure)
  }

  /** Ends the exchange and cancels whatever LiteLLM still does for it. */
  #over(): void {
    this.#succeed()
    this.#transfer?.abort()
  }

  #succeed(): void {
    clearTimeout(this.#closing)
    this.#settle?.resolve()
    this.#settle = undefined
  }

  #reject(problem: unknown): void {
    this.#settle?.reject(problem)
    this.#settle = undefined
  }
}

function tookTooLong(clock: string, limitMs: number): GatewayError {
  return new GatewayError('GATEWAY_TIMEOUT', `LiteLLM took longer than ${limitMs} ms (${clock}).`, {
    details: { clock, limitMs },
    // The model may have worked all the time: an SDK that tries again would pay again.
    headers: { 'x-should-retry': 'false' },
  })
}

function describeLoss(problem: Error, answer: Answer | undefined): string {
  if (problem instanceof ResponseError && problem.code === 'BROKEN_RESPONSE')
    return 'LiteLLM answered with something that is no sound HTTP.'
  return answer === undefined
    ? 'The connection to LiteLLM was lost before it answered.'
    : 'The connection to LiteLLM was lost before the answer was complete.'
}
