import { GatewayError } from '../errors/gateway-error.ts'
import {
  type ChatAnswer,
  ChatAccumulator,
  type ChatDelta,
  readChatCompletion,
} from '../protocol/chat-accumulator.ts'
import {
  type Answer,
  type Outlet,
  type StreamAnswer,
  type StreamOptions,
  type WriteResult,
} from './answer.ts'
import { ChatFrames } from './chat-frames.ts'
import { collectingOutlet } from './collecting-outlet.ts'

/** More than this is not collected, in bytes. */
const MAX_BYTES = 64 * 1024 * 1024

/** Who reads a chat answer piece by piece. */
export interface DeltaReader {
  /** @returns false when no more can be taken until `whenReady` */
  onDelta: (delta: ChatDelta) => boolean
  /** The answer is whole. Not called for one that failed: the exchange throws then. */
  onDone: (answer: ChatAnswer) => void
  /** Calls `action` once more can be taken. */
  whenReady: (action: () => void) => void
}

/** Leads a chat answer, streamed or whole, to a part of the gateway that reads it piece by piece. */
export function deltaOutlet(reader: DeltaReader): Outlet {
  const collecting = collectingOutlet()
  return {
    ...collecting,
    whenReady: (action) => reader.whenReady(action),
    stream: (options) => new DeltaStream(options, reader),
    whole(status, headers, tap): Answer {
      const answer = collecting.whole(status, headers, tap)
      return {
        ...answer,
        end() {
          answer.end()
          reader.onDone(readChatCompletion(collecting.read()))
        },
      }
    },
  }
}

/** A chat stream that is read here. Nothing of it has gone out as headers: each failure is thrown. */
class DeltaStream implements StreamAnswer {
  readonly started = false
  readonly #reader: DeltaReader
  readonly #frames: ChatFrames
  readonly #chat = new ChatAccumulator()
  #size = 0

  constructor(options: StreamOptions, reader: DeltaReader) {
    this.#reader = reader
    this.#frames = new ChatFrames(options, (payload) => {
      let takesMore = true
      for (const delta of this.#chat.add(payload)) takesMore = reader.onDelta(delta)
      return takesMore
    })
  }

  accept(): void {
    // The headers of the stream are of no use to its reader.
  }

  startEarly(): void {
    // The reader keeps its own client awake.
  }

  ping(): void {
    // As above.
  }

  write(chunk: Buffer): WriteResult {
    this.#size += chunk.length
    if (this.#size > MAX_BYTES)
      throw new GatewayError('LLM_ERROR', `LiteLLM's answer is larger than ${MAX_BYTES} bytes.`)
    const result = this.#frames.read(chunk)
    if (result === 'complete') this.#reader.onDone(this.#chat.answer)
    return result
  }

  end(): void {
    this.#frames.end()
    this.#reader.onDone(this.#chat.answer)
  }

  fail(error: GatewayError): void {
    throw error
  }
}
