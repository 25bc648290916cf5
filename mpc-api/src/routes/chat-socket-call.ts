import { type IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../errors/gateway-error.ts'
import { type RequestContext } from '../http/request-context.ts'
import { askForStream } from '../proxy/ask-for-stream.ts'
import { askForUsage } from '../proxy/ask-for-usage.ts'
import { type Call } from '../proxy/exchange.ts'
import { findEndpoints } from '../proxy/find-endpoint.ts'
import { toUpstreamHeaders } from '../proxy/request-headers.ts'
import { readModel } from '../services/checks/check-chat.ts'
import { checkBody } from './json-call.ts'

/** A chat request that came in a frame. */
export interface ChatSocketRequest {
  body: Record<string, unknown>
  /** The JSON text of `body`. */
  bytes: Buffer
}

/**
 * The call to LiteLLM that a frame asks for, after the checks that a POST of the same body passes. The answer is asked
 * for as a stream unless the body says `"stream": false`.
 *
 * @param headers of the handshake
 * @throws {GatewayError} for everything that is refused before it is forwarded
 */
export function toChatCall(
  { body, bytes }: ChatSocketRequest,
  context: RequestContext,
  headers: IncomingHttpHeaders,
  ownHeaders: readonly string[],
): Call {
  const match = findEndpoints('/chat/completions')[0]
  if (match === undefined) throw new Error('the endpoint table has no chat')
  const { endpoint, upstreamPath } = match
  checkBody(endpoint, body)
  const asksForStream = readStream(body)
  const { record } = context
  record.bytesIn = bytes.length
  record.model = readModel(body)
  record.stream = asksForStream
  const asked = asksForStream ? askForUsage(askForStream(bytes), { ...body, stream: true }).bytes : bytes
  return {
    method: endpoint.method,
    path: upstreamPath,
    headers: toUpstreamHeaders(toRequestHeaders(headers), ownHeaders, context.id),
    body: asked,
    asksForStream,
    media: undefined,
    streamDialect: endpoint.streamDialect,
    usageDialect: endpoint.usageDialect,
    hidesUsage: false,
  }
}

function readStream(body: Record<string, unknown>): boolean {
  const stream = body['stream'] ?? true
  if (typeof stream === 'boolean') return stream
  throw new GatewayError('BAD_REQUEST', 'stream must be true or false.', { param: 'stream' })
}

function toRequestHeaders(handshake: IncomingHttpHeaders): IncomingHttpHeaders {
  return { ...handshake, connection: undefined, accept: undefined, 'content-type': 'application/json' }
}
