import { GatewayError } from '../errors/gateway-error.ts'
import { type SseFrame } from '../protocol/sse-frame.ts'
import { isObject } from '../protocol/token-usage.ts'
import { toUpstreamError } from './upstream-error.ts'

/**
 * The payload of a frame that the gateway itself reads; empty when the frame carries none.
 *
 * @throws {GatewayError} LLM_ERROR when it is not JSON
 */
export function parseFrame({ data }: SseFrame): Record<string, unknown> {
  if (data.length === 0) return {}
  try {
    const value: unknown = JSON.parse(data.toString())
    return isObject(value) ? value : {}
  } catch (cause) {
    throw new GatewayError('LLM_ERROR', 'LiteLLM sent a frame that is not JSON.', { cause })
  }
}

/** The error that an error frame stands for, by the HTTP status it names; a failure without one is LiteLLM's. */
export function toFrameError(frame: SseFrame): GatewayError {
  const { error } = parseFrame(frame)
  const fields = isObject(error) ? error : {}
  const named = Number(fields['code'] ?? fields['status'] ?? fields['status_code'])
  return toUpstreamError(named >= 400 && named < 600 ? named : 500, {}, frame.data)
}
