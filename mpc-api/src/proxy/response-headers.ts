import { fieldsNamed, type HeaderFields } from '../http-client/header-fields.ts'

/** What LiteLLM may say to a client by header. Nothing that names inner addresses, versions or spend of our key. */
const FORWARDED = fieldsNamed(
  [
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
    'x-ratelimit-[^:]*',
    'anthropic-ratelimit-[^:]*',
  ].join('|'),
)

/**
 * Picks the headers of an answer that go down to the client, as a flat list. One that came twice, which none of them
 * should, does not. `content-type` is the caller's to set.
 */
export function toClientHeaders(received: HeaderFields): string[] {
  const headers = received.pick(FORWARDED)
  const times = new Map<string, number>()
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string
    times.set(name, (times.get(name) ?? 0) + 1)
  }
  if (times.size * 2 === headers.length) return headers
  return headers.filter((_, at) => times.get(headers[at - (at % 2)] as string) === 1)
}
