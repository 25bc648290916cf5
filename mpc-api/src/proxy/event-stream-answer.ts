import { GatewayError } from '../errors/gateway-error.ts'
import { type HeaderFields } from '../http-client/header-fields.ts'
import { type AnswerSink } from '../http/answer-sink.ts'
import { EVENT_STREAM_HEADERS, PING } from '../http/event-stream.ts'
import { LineEnds } from '../protocol/line-ends.ts'
import { readFrameAt, type SseFrame } from '../protocol/sse-frame.ts'
import { SseFramer } from '../protocol/sse-framer.ts'
import { isWholePayload, toErrorFrame } from '../protocol/stream-dialect.ts'
import { type StreamAnswer, type StreamOptions, type WriteResult } from './answer.ts'
import { toClientHeaders } from './response-headers.ts'
import { toFrameError } from './upstream-error.ts'
import { carriesOnlyUsage } from './usage-only-chunk.ts'

/** A stream of server-sent events, passed on frame by frame as it comes. */
export class EventStreamAnswer implements StreamAnswer {
  started = false
  readonly #sink: AnswerSink
  readonly #options: StreamOptions
  readonly #framer = new SseFramer()
  #headers: string[] = []
  #eventsSent = 0
  #mayEnd = false

  constructor(sink: AnswerSink, options: StreamOptions) {
    this.#sink = sink
    this.#options = options
  }

  accept(received: HeaderFields): void {
    this.#headers = toClientHeaders(received)
  }

  startEarly(): void {
    this.#start()
    this.#sink.write(PING)
  }

  ping(): void {
    if (this.#framer.atBoundary && !this.#sink.isFull) this.#sink.write(PING)
  }

  write(chunk: Buffer): WriteResult {
    const { piece, frames } = this.#framer.push(chunk)
    const result = this.#pass(piece)
    return frames === '' ? result : this.#passFrames(frames)
  }

  end(): void {
    // The last frame may lack its blank line; half a frame is never passed on.
    const rest = this.#framer.rest()
    const last = readFrameAt(rest, 0)
    if (this.#options.dialect.meaningOf(last) === 'terminal' && isWholePayload(last)) this.#passFrames(rest)
    else if (this.#mayEnd && isBlank(rest)) this.#sink.end()
    else throw cutShort(this.started)
  }

  fail(error: GatewayError): void {
    const separator = this.#framer.atBoundary ? '' : '\n\n'
    const frame = toErrorFrame(this.#options.dialect, error, this.#sink.context.id, this.#eventsSent)
    this.#sink.write(Buffer.from(separator + frame))
    this.#sink.cut()
  }

  /** Passes whole frames on, up to the one that ends or fails the stream. */
  #passFrames(text: string): WriteResult {
    const { dialect, tap, hidesUsage } = this.#options
    let passFrom = 0
    let result: WriteResult = 'more'
    const ends = new LineEnds(text)
    for (let at = 0; at < text.length;) {
      const frame = readFrameAt(text, at, ends)
      at = frame.end
      const meaning = dialect.meaningOf(frame)
      if (meaning === 'error' && !this.started && this.#eventsSent === 0) throw toFrameError(frame)
      if (meaning === 'error') return this.#failed(text.slice(passFrom, at), frame)
      const payload = tap.readFrame(frame)
      if (meaning === 'terminal') return this.#completed(text.slice(passFrom, at))
      if (frame.data !== '') {
        this.#eventsSent += 1
        this.#mayEnd = meaning === 'final'
      }
      if (hidesUsage && payload !== undefined && carriesOnlyUsage(payload)) {
        result = this.#pass(text.slice(passFrom, frame.start))
        passFrom = frame.end
      }
    }
    return passFrom < text.length ? this.#pass(text.slice(passFrom)) : result
  }

  #pass(text: string): WriteResult {
    if (text === '') return 'more'
    if (!this.started) this.#start()
    return this.#sink.write(text) ? 'more' : 'full'
  }

  #start(): void {
    this.started = true
    this.#sink.head(200, [...EVENT_STREAM_HEADERS, ...this.#headers])
  }

  #completed(text: string): WriteResult {
    if (!this.started) this.#start()
    this.#sink.end(text)
    return 'complete'
  }

  /** LiteLLM's own error goes to the client, as its reader knows it: it skips those of other names. */
  #failed(text: string, frame: SseFrame): WriteResult {
    const before = text.slice(0, text.length - (frame.end - frame.start))
    const { errorPrefix, toReadableError } = this.#options.dialect
    const data = toReadableError?.(frame.data) ?? frame.data
    const isReadable = frame.event === 'error' && data === frame.data
    this.#pass(isReadable ? text : `${before}${errorPrefix}data: ${data.replaceAll('\n', '\ndata: ')}\n\n`)
    this.#sink.context.record.error = 'LLM_ERROR'
    this.#sink.cut()
    return 'failed'
  }
}

/** Line ends may follow the last blank line. */
function isBlank(rest: string): boolean {
  return /^[\r\n]*$/.test(rest)
}

function cutShort(started: boolean): GatewayError {
  return new GatewayError(
    'LLM_ERROR',
    started
      ? 'LiteLLM ended the stream before the answer was complete.'
      : 'LiteLLM answered with an empty stream.',
  )
}
