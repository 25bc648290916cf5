import { type ErrorFields, GatewayError, UpstreamRefusal } from '../errors/gateway-error.ts'
import { isObject } from '../protocol/is-object.ts'
import { payloadBytes, type SseFrame } from '../protocol/sse-frame.ts'

/** Tells what an answer says in a header, by its name in lower case. */
type HeaderReader = (name: string) => string | undefined

const LONGEST_RETRY_AFTER_S = 60
/** The OpenAI and Anthropic SDKs heed it; they would ask, and perhaps pay, again. */
const NO_RETRY = { 'x-should-retry': 'false' }

/**
 * Turns an answer of LiteLLM that is no success into the error that the client gets. A 4xx stays what it was, unless it
 * refuses the gateway's own key; a 5xx keeps its kind and loses its text, which may name inner things.
 */
export function toUpstreamError(
  status: number,
  body: Buffer,
  headerOf: HeaderReader = () => undefined,
): GatewayError {
  if (status >= 300 && status < 400) {
    return new GatewayError('LLM_ERROR', 'LiteLLM answered with a redirect, which is never followed.', {
      details: { upstreamStatus: status },
    })
  }
  if (status < 400 || status >= 500) return toFailure(status, body)
  const fields = readErrorFields(body, status)
  if (refusesOurKey(status, fields)) {
    return new GatewayError('LLM_ERROR', describeKeyRefusal(status, fields), {
      details: { upstreamStatus: status },
    })
  }
  return new UpstreamRefusal(status, fields, {
    ...(status === 429 ? { 'retry-after': readRetryAfter(headerOf) } : {}),
    ...(isOutOfBudget(fields) ? NO_RETRY : {}),
  })
}

/** The error that an error frame of a stream stands for, by the HTTP status it names; a failure without one is LiteLLM's. */
export function toFrameError(frame: SseFrame): GatewayError {
  const body = payloadBytes(frame)
  const { code, status, status_code: statusCode } = readErrorObject(body)
  const named = Number(code ?? status ?? statusCode)
  return toUpstreamError(named >= 400 && named < 600 ? named : 500, body)
}

function toFailure(status: number, body: Buffer): GatewayError {
  const options = { details: { upstreamStatus: status }, headers: hasSentTwice(body) ? NO_RETRY : {} }
  if (status === 503) {
    return new GatewayError('SERVICE_UNAVAILABLE', 'LiteLLM is not available right now (503).', options)
  }
  if (status === 504) {
    const message = 'LiteLLM timed out waiting for the provider (504).'
    return new GatewayError('GATEWAY_TIMEOUT', message, { ...options, headers: NO_RETRY })
  }
  return new GatewayError('LLM_ERROR', `LiteLLM failed on this request (${status}).`, options)
}

/**
 * Whether LiteLLM has sent the request to the provider a second time: where it speaks HTTP itself, it does so when the
 * operating system says that the connection broke, and repeats those words.
 */
function hasSentTwice(body: Buffer): boolean {
  return body.includes('[Errno ')
}

/** No second attempt can succeed before somebody pays: a budget of LiteLLM's, or the credit at a provider. */
function isOutOfBudget({ type, code }: ErrorFields): boolean {
  return type === 'budget_exceeded' || [type, code].includes('insufficient_quota')
}

/** LiteLLM marks what it only passes on: then the provider refused the key that LiteLLM has for it. */
function describeKeyRefusal(status: number, { message }: ErrorFields): string {
  return message.startsWith('litellm.')
    ? `The provider refused the key that LiteLLM has for it (${status}). Check the provider keys of LiteLLM.`
    : `LiteLLM refused the gateway's own key (${status}). Check LITELLM_API_KEY, and which models it may use.`
}

/** Without a database LiteLLM answers a wrong key with 400 `no_db_connection`. */
function refusesOurKey(status: number, fields: ErrorFields): boolean {
  return (
    status === 401 ||
    status === 403 ||
    (status === 400 && [fields.type, fields.code].includes('no_db_connection'))
  )
}

function readErrorFields(body: Buffer, status: number): ErrorFields {
  const error = readErrorObject(body)
  return {
    message: text(error['message']) ?? `LiteLLM refused the request (${status}).`,
    type: text(error['type']) ?? (status === 429 ? 'rate_limit_error' : 'invalid_request_error'),
    param: text(error['param']) ?? null,
    code: text(error['code']) ?? null,
  }
}

function readErrorObject(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString())
    if (!isObject(value)) return {}
    if (isObject(value['error'])) return value['error']
    // The error event of OpenAI's Responses API, which has no other type to tell.
    if (value['type'] === 'error') return { ...value, type: undefined }
    // FastAPI's own refusals: {"detail": "…"} or {"detail": {"error": "…"}}
    const detail = value['detail']
    const inner = isObject(detail) ? detail['error'] : detail
    return isObject(inner) ? inner : { message: inner }
  } catch {
    // HTML or plain text: its wording is not meant for API clients.
    return {}
  }
}

/** LiteLLM writes a missing value as the word "None". */
function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' && value !== 'None' ? value : undefined
}

/** Whole seconds from 1 to 60. LiteLLM hands the provider's header on under a name of its own. */
function readRetryAfter(headerOf: HeaderReader): string {
  const given = headerOf('retry-after') ?? headerOf('llm_provider-retry-after')
  const seconds = given === undefined ? 1 : secondsFrom(given)
  return String(Math.min(LONGEST_RETRY_AFTER_S, Math.max(1, Math.ceil(seconds))))
}

function secondsFrom(value: string): number {
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value)
  const at = Date.parse(value)
  return Number.isNaN(at) ? 1 : (at - Date.now()) / 1000
}
