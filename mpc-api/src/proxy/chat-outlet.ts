import { GatewayError } from '../errors/gateway-error.ts'
import { readFrameAt, type SseFrame } from '../protocol/sse-frame.ts'
import { SseFramer } from '../protocol/sse-framer.ts'
import { isObject } from '../protocol/token-usage.ts'
import { type Outlet, type StreamAnswer, type StreamOptions, type WriteResult } from './answer.ts'
import { parseFrame, toFrameError } from './chat-frame.ts'
import { collectingOutlet } from './collecting-outlet.ts'

/** What a model answered in a chat. */
export interface ChatAnswer {
  text: string
  /** What it said instead of answering; null when it answered. */
  refusal: string | null
  finishReason: string | null
}

/** More is not collected, in UTF-16 units. */
const LONGEST_TEXT = 4 * 1024 * 1024

/**
 * Reads a chat answer for the gateway itself, streamed or whole, whichever LiteLLM sends.
 *
 * @param onText is called with each piece of the text as it comes
 */
export function chatOutlet(onText: (piece: string) => void): Outlet & { read(): ChatAnswer } {
  const whole = collectingOutlet()
  let streamed: ChatStream | undefined
  return {
    ...whole,
    stream: (options) => (streamed = new ChatStream(options, onText)),
    read() {
      // The clocks may ask for a stream that never comes.
      if (streamed?.accepted === true) return streamed.answer
      const answer = readWhole(whole.read())
      onText(answer.text)
      return answer
    },
  }
}

/** @throws {GatewayError} LLM_ERROR when the answer has no message */
function readWhole(value: unknown): ChatAnswer {
  const choice = firstChoice(value)
  const message = choice?.['message']
  if (!isObject(message)) throw new GatewayError('LLM_ERROR', 'LiteLLM answered without a message.')
  return {
    text: textOf(message['content']) ?? '',
    refusal: textOf(message['refusal']) ?? null,
    finishReason: textOf(choice?.['finish_reason']) ?? null,
  }
}

/** A chat stream on its way into one answer. Nothing of it has gone to the client: each failure is thrown. */
class ChatStream implements StreamAnswer {
  readonly started = false
  readonly answer: ChatAnswer = { text: '', refusal: null, finishReason: null }
  accepted = false
  readonly #options: StreamOptions
  readonly #onText: (piece: string) => void
  readonly #framer = new SseFramer()

  constructor(options: StreamOptions, onText: (piece: string) => void) {
    this.#options = options
    this.#onText = onText
  }

  accept(): void {
    this.accepted = true
  }

  startEarly(): void {
    // Whoever asked keeps its own client awake.
  }

  ping(): void {
    // As above.
  }

  write(chunk: Buffer): WriteResult {
    const { piece, frames } = this.#framer.push(chunk)
    if (piece.length > 0) throw new GatewayError('LLM_ERROR', 'LiteLLM sent a frame too large to be read.')
    return this.#readFrames(frames)
  }

  end(): void {
    const rest = this.#framer.rest()
    if (rest.length > 0 && this.#readFrames(rest) === 'complete') return
    throw new GatewayError('LLM_ERROR', 'LiteLLM ended the stream before the answer was complete.')
  }

  fail(error: GatewayError): void {
    throw error
  }

  #readFrames(bytes: Buffer): WriteResult {
    const { dialect, tap } = this.#options
    for (let at = 0; at < bytes.length;) {
      const frame = readFrameAt(bytes, at)
      at = frame.end
      const meaning = dialect.meaningOf(frame)
      if (meaning === 'error') throw toFrameError(frame)
      if (meaning === 'terminal') return 'complete'
      tap.readFrame(frame)
      this.#readDelta(frame)
    }
    return 'more'
  }

  #readDelta(frame: SseFrame): void {
    const choice = firstChoice(parseFrame(frame))
    if (choice === undefined) return
    const delta = isObject(choice['delta']) ? choice['delta'] : {}
    const piece = textOf(delta['content']) ?? ''
    const refusal = textOf(delta['refusal'])
    this.answer.text += piece
    if (refusal !== undefined) this.answer.refusal = (this.answer.refusal ?? '') + refusal
    this.answer.finishReason = textOf(choice['finish_reason']) ?? this.answer.finishReason
    if (this.answer.text.length > LONGEST_TEXT)
      throw new GatewayError('LLM_ERROR', 'The answer of the model is too long to be read.')
    if (piece !== '') this.#onText(piece)
  }
}

function firstChoice(value: unknown): Record<string, unknown> | undefined {
  const choices = isObject(value) ? value['choices'] : undefined
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined
  return isObject(first) ? first : undefined
}

/** A text that says something; LiteLLM and the providers write absence as null or nothing. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
