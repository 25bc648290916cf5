import { type IncomingHttpHeaders } from 'node:http'

/** What a client may say to LiteLLM by header. Everything else is left behind, above all `x-litellm-*`. */
const FORWARDED = new Set([
  'content-type',
  'accept',
  'accept-language',
  'user-agent',
  'openai-beta',
  'range',
  'traceparent',
  'tracestate',
  'baggage',
  'x-client-request-id',
])

/**
 * The headers of a request to LiteLLM, as a flat list.
 *
 * @param requestId becomes `x-litellm-call-id`, by which both logs can be joined
 */
export function toUpstreamHeaders(
  received: IncomingHttpHeaders,
  own: readonly string[],
  requestId: string,
): string[] {
  const headers = [...own, 'x-litellm-call-id', requestId]
  const hopByHop = namedInConnection(received.connection)
  for (const name in received) {
    if (!isForwarded(name) || hopByHop?.includes(name) === true) continue
    const value = received[name]
    if (typeof value === 'string') headers.push(name, value)
  }
  return headers
}

function isForwarded(name: string): boolean {
  return FORWARDED.has(name) || name.startsWith('x-stainless-') || name.startsWith('anthropic-')
}

/** RFC 9110 §7.6.1: what Connection names is meant for this hop alone. */
function namedInConnection(connection: string | undefined): string[] | undefined {
  if (connection === undefined || /^(?:keep-alive|close)$/i.test(connection)) return undefined
  return connection.split(',').map((name) => name.trim().toLowerCase())
}
