import { GatewayError } from '../errors/gateway-error.ts'
import {
  type ChatAnswer,
  ChatAccumulator,
  type ChatDelta,
  readChatCompletion,
} from '../protocol/chat-accumulator.ts'
import { readFrameAt } from '../protocol/sse-frame.ts'
import { SseFramer } from '../protocol/sse-framer.ts'
import {
  type Answer,
  type Outlet,
  type StreamAnswer,
  type StreamOptions,
  type WriteResult,
} from './answer.ts'
import { parseFrame, toFrameError } from './chat-frame.ts'
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
  readonly #options: StreamOptions
  readonly #reader: DeltaReader
  readonly #framer = new SseFramer()
  readonly #chat = new ChatAccumulator()
  #size = 0

  constructor(options: StreamOptions, reader: DeltaReader) {
    this.#options = options
    this.#reader = reader
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
    let takesMore = true
    for (let at = 0; at < bytes.length;) {
      const frame = readFrameAt(bytes, at)
      at = frame.end
      const meaning = dialect.meaningOf(frame)
      if (meaning === 'error') throw toFrameError(frame)
      if (meaning === 'terminal') {
        this.#reader.onDone(this.#chat.answer)
        return 'complete'
      }
      tap.readFrame(frame)
      for (const delta of this.#chat.add(parseFrame(frame))) takesMore = this.#reader.onDelta(delta)
    }
    return takesMore ? 'more' : 'full'
  }
}
