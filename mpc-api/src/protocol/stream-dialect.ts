import { toErrorBody } from '../errors/error-body.ts'
import { type GatewayError } from '../errors/gateway-error.ts'
import { isObject } from './is-object.ts'
import { isJson, parseJson } from './parse-json.ts'
import { decodePayload, type SseFrame } from './sse-frame.ts'

/** What a frame means for the life of a stream. */
export type FrameMeaning =
  | 'content'
  /** The answer may end here, but more can follow. */
  | 'final'
  /** Nothing follows. */
  | 'terminal'
  | 'error'

/** How one family of APIs ends and fails its event streams. */
export interface StreamDialect {
  meaningOf: (frame: SseFrame) => FrameMeaning
  /** The `event:` line that this family's clients need before an error; an empty string when there must be none. */
  errorPrefix: string
  /**
   * The payload that tells this family's clients of a failure after the headers.
   *
   * @param eventsSent how many events the client has had
   */
  toErrorPayload: (error: GatewayError, requestId: string, eventsSent: number) => unknown
  /** LiteLLM's payload of an error, Latin-1, with what this family's SDKs look for; as it is without such a need. */
  toReadableError?: (data: string) => string
}

/**
 * Chat and text completions end with `[DONE]`. A failure is a frame whose payload has `error`, without an `event:`
 * line: a line there stops Dify's reader silently.
 */
export const chatDialect: StreamDialect = {
  meaningOf: (frame) => (isDone(frame) ? 'terminal' : isError(frame) ? 'error' : 'content'),
  errorPrefix: '',
  toErrorPayload: (error, requestId) => ({ error: toErrorBody(error, requestId)['error'] }),
}

/** The Responses API: named events that count up, and an `error` event of its own. */
export const responsesDialect: StreamDialect = {
  meaningOf(frame) {
    if (isDone(frame)) return 'terminal'
    const type = typeOf(frame)
    if (/^response\.(?:completed|incomplete|failed)$/.test(type)) return 'terminal'
    return type === 'error' || isError(frame) ? 'error' : 'content'
  },
  errorPrefix: 'event: error\n',
  // OpenAI's SDKs throw only for what is under `error`; its documentation has the rest.
  toErrorPayload: (error, requestId, eventsSent) => ({
    type: 'error',
    error: toErrorBody(error, requestId)['error'],
    code: error.fields.code,
    message: error.fields.message,
    param: error.fields.param,
    sequence_number: eventsSent,
  }),
  toReadableError(data) {
    const text = Buffer.from(data, 'latin1').toString()
    const payload = isJson(text) ? parseJson(text) : undefined
    if (!isObject(payload) || isObject(payload['error'])) return data
    const { message, param = null, code = null } = payload
    const error = { message, type: 'api_error', param, code }
    return Buffer.from(JSON.stringify({ ...payload, error })).toString('latin1')
  },
}

/** Anthropic's Messages API. Its SDK reads only frames with an `event:` line. */
export const messagesDialect: StreamDialect = {
  meaningOf(frame) {
    const type = typeOf(frame)
    if (type === 'message_stop') return 'terminal'
    return type === 'error' || isError(frame) ? 'error' : 'content'
  },
  errorPrefix: 'event: error\n',
  toErrorPayload: (error, requestId) => ({ ...toErrorBody(error, requestId), request_id: requestId }),
}

/** Streams of pictures, speech and transcripts. Several pictures each have an event that may be the last. */
export const mediaDialect: StreamDialect = {
  meaningOf(frame) {
    if (isDone(frame)) return 'terminal'
    const type = typeOf(frame)
    if (type === 'error' || isError(frame)) return 'error'
    return /\.(?:completed|done)$/.test(type) ? 'final' : 'content'
  },
  errorPrefix: '',
  toErrorPayload: chatDialect.toErrorPayload,
}

/** The frame that tells the client of a failure. Its lines end in LF. */
export function toErrorFrame(
  dialect: StreamDialect,
  error: GatewayError,
  requestId: string,
  eventsSent: number,
): string {
  const payload = dialect.toErrorPayload(error, requestId, eventsSent)
  return `${dialect.errorPrefix}data: ${JSON.stringify(payload)}\n\n`
}

/** OpenAI's SDKs stop at whatever begins so. */
function isDone(frame: SseFrame): boolean {
  return frame.data.startsWith('[DONE]')
}

/** True for a payload that was not cut off inside. */
export function isWholePayload(frame: SseFrame): boolean {
  return isDone(frame) || isJson(decodePayload(frame))
}

function isError(frame: SseFrame): boolean {
  if (frame.event === 'error') return frame.data !== ''
  return /^\{\s*"error"\s*:\s*[^\sn]/.test(frame.data.slice(0, 24))
}

/** The event's name; from the payload where the frame has no `event:` line. Clients never see a frame without data. */
function typeOf(frame: SseFrame): string {
  if (frame.data === '') return ''
  if (frame.event !== '') return frame.event
  return /^\{\s*"type"\s*:\s*"([\w.]{1,80})"/.exec(frame.data.slice(0, 120))?.[1] ?? ''
}
