import { toErrorBody } from '../errors/error-body.ts'
import { type GatewayError } from '../errors/gateway-error.ts'
import { type SseFrame } from './sse-frame.ts'

/** What a frame means for the life of a stream. */
export type FrameMeaning = 'content' | 'terminal' | 'error'

/** How one family of APIs ends and fails its event streams. */
export interface StreamDialect {
  meaningOf(frame: SseFrame): FrameMeaning
  /** The frame that tells this family's clients of a failure after the headers. Lines end in LF. */
  toErrorFrame(error: GatewayError, requestId: string): string
}

/**
 * Chat and text completions end with `[DONE]`. A failure is a frame whose payload has `error`, without an `event:`
 * line: a line there stops Dify's reader silently.
 */
export const chatDialect: StreamDialect = {
  meaningOf(frame) {
    if (isDone(frame)) return 'terminal'
    return frame.event === 'error' || startsWithError(frame) ? 'error' : 'content'
  },
  toErrorFrame(error, requestId) {
    const { error: fields } = toErrorBody(error, requestId)
    return `data: ${JSON.stringify({ error: fields })}\n\n`
  },
}

function isDone(frame: SseFrame): boolean {
  return frame.data.length === 6 && frame.data.toString('latin1') === '[DONE]'
}

function startsWithError(frame: SseFrame): boolean {
  return frame.data.length > 9 && /^\{\s*"error"\s*:\s*[^\sn]/.test(frame.data.toString('latin1', 0, 24))
}
