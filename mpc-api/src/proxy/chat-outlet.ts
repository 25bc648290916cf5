import { GatewayError } from '../errors/gateway-error.ts'
import { isObject } from '../protocol/is-object.ts'
import { type Outlet, type StreamAnswer, type StreamOptions, type WriteResult } from './answer.ts'
import { ChatFrames } from './chat-frames.ts'
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
  readonly #frames: ChatFrames
  readonly #onText: (piece: string) => void

  constructor(options: StreamOptions, onText: (piece: string) => void) {
    this.#frames = new ChatFrames(options, (payload) => {
      this.#readDelta(payload)
      return true
    })
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
    return this.#frames.read(chunk)
  }

  end(): void {
    this.#frames.end()
  }

  fail(error: GatewayError): void {
    throw error
  }

  #readDelta(payload: Record<string, unknown>): void {
    const choice = firstChoice(payload)
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
