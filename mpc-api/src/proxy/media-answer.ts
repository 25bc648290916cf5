import { GatewayError } from '../errors/gateway-error.ts'
import { type HeaderFields } from '../http-client/header-fields.ts'
import { type AnswerSink } from '../http/answer-sink.ts'
import { type Answer, type MediaOptions, type WriteResult } from './answer.ts'
import { toClientHeaders } from './response-headers.ts'

/** Audio, text or the content of a file: bytes that are passed on as they come, with LiteLLM's own content type. */
export class MediaAnswer implements Answer {
  started = false
  readonly #sink: AnswerSink
  readonly #status: number
  readonly #received: HeaderFields
  readonly #mayBeEmpty: boolean

  constructor(sink: AnswerSink, { status, headers, tap, mayBeEmpty }: MediaOptions) {
    this.#sink = sink
    this.#status = status
    this.#received = headers
    this.#mayBeEmpty = mayBeEmpty
    tap.readCostHeader(headers.first('x-litellm-response-cost'))
  }

  write(chunk: Buffer): WriteResult {
    if (!this.started) this.#start()
    return this.#sink.write(chunk) ? 'more' : 'full'
  }

  end(): void {
    if (!this.started && !this.#mayBeEmpty)
      throw new GatewayError('LLM_ERROR', 'LiteLLM answered with nothing.')
    if (!this.started) this.#start()
    this.#sink.end()
  }

  fail(): void {
    // Without its announced end the answer is visibly cut short.
    this.#sink.cut()
  }

  #start(): void {
    this.started = true
    const type = this.#received.first('content-type') ?? 'application/octet-stream'
    const length = this.#received.first('content-length')
    const size = length === undefined ? [] : ['content-length', length]
    this.#sink.head(this.#status, ['content-type', type, ...size, ...toClientHeaders(this.#received)])
  }
}
