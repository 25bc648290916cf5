import { type IncomingHttpHeaders } from 'node:http'

/** What LiteLLM may say to a client by header. Nothing that names inner addresses, versions or spend of our key. */
const FORWARDED = new Set([
  'content-disposition',
  'content-range',
  'accept-ranges',
  'openai-processing-ms',
  'openai-version',
  'openai-model',
  'retry-after',
  'retry-after-ms',
  'x-litellm-response-cost',
  'x-litellm-model-id',
  'x-litellm-model-group',
  'x-litellm-attempted-retries',
  'x-litellm-attempted-fallbacks',
  'x-litellm-cache-key',
])

/** Picks the headers of an answer that go down to the client, as a flat list. `content-type` is the caller's to set. */
export function toClientHeaders(received: IncomingHttpHeaders): string[] {
  const headers: string[] = []
  for (const name in received) {
    if (!isForwarded(name)) continue
    const value = received[name]
    if (typeof value === 'string') headers.push(name, value)
  }
  return headers
}

function isForwarded(name: string): boolean {
  return FORWARDED.has(name) || name.startsWith('x-ratelimit-') || name.startsWith('anthropic-ratelimit-')
}

/** First value of a header that should appear once. */
export function headerOf(received: IncomingHttpHeaders, name: string): string | undefined {
  const value = received[name]
  return Array.isArray(value) ? value[0] : value
}
