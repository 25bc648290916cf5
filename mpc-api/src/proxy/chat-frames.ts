import { GatewayError } from '../errors/gateway-error.ts'
import { LineEnds } from '../protocol/line-ends.ts'
import { decodePayload, readFrameAt, type SseFrame } from '../protocol/sse-frame.ts'
import { SseFramer } from '../protocol/sse-framer.ts'
import { isObject } from '../protocol/is-object.ts'
import { type StreamOptions, type WriteResult } from './answer.ts'
import { toFrameError } from './upstream-error.ts'

/**
 * Reads a chat stream for the gateway itself. Nothing of it has gone to a client: each failure is thrown.
 *
 * @param onPayload is called with the payload of each frame before the last; false when no more can be taken for now
 */
export class ChatFrames {
  readonly #options: StreamOptions
  readonly #onPayload: (payload: Record<string, unknown>) => boolean
  readonly #framer = new SseFramer()

  constructor(options: StreamOptions, onPayload: (payload: Record<string, unknown>) => boolean) {
    this.#options = options
    this.#onPayload = onPayload
  }

  /** @throws {GatewayError} when a frame reports a failure, or cannot be read */
  read(chunk: Buffer): WriteResult {
    const { piece, frames } = this.#framer.push(chunk)
    if (piece !== '') throw new GatewayError('LLM_ERROR', 'LiteLLM sent a frame too large to be read.')
    return this.#readFrames(frames)
  }

  /** @throws {GatewayError} when the stream has ended without its last frame */
  end(): void {
    const rest = this.#framer.rest()
    if (rest !== '' && this.#readFrames(rest) === 'complete') return
    throw new GatewayError('LLM_ERROR', 'LiteLLM ended the stream before the answer was complete.')
  }

  #readFrames(text: string): WriteResult {
    const { dialect, tap } = this.#options
    let result: WriteResult = 'more'
    const ends = new LineEnds(text)
    for (let at = 0; at < text.length;) {
      const frame = readFrameAt(text, at, ends)
      at = frame.end
      const meaning = dialect.meaningOf(frame)
      if (meaning === 'error') throw toFrameError(frame)
      if (meaning === 'terminal') return 'complete'
      tap.readFrame(frame)
      if (!this.#onPayload(parseFrame(frame))) result = 'full'
    }
    return result
  }
}

/**
 * The payload of a frame that the gateway itself reads; empty when the frame carries none.
 *
 * @throws {GatewayError} LLM_ERROR when it is not JSON
 */
function parseFrame(frame: SseFrame): Record<string, unknown> {
  if (frame.data === '') return {}
  try {
    const value: unknown = JSON.parse(decodePayload(frame))
    return isObject(value) ? value : {}
  } catch (cause) {
    throw new GatewayError('LLM_ERROR', 'LiteLLM sent a frame that is not JSON.', { cause })
  }
}
