/**
 * Tokens of one request, in disjoint classes, so that they can be added and priced without counting any twice.
 * `reasoning` is the one exception: it says how much of `output` was reasoning.
 */
export interface TokenUsage {
  /** Input tokens that were neither read from nor written to a cache. */
  input: number
  cacheRead: number
  cacheWrite: number
  output: number
  reasoning: number
}

/** How an API counts cached input: OpenAI includes it in the input tokens, Anthropic's own API does not. */
export type UsageDialect = 'openai' | 'anthropic'

/**
 * Reads a `usage` object of a chat, completion, embedding, Responses or Messages answer.
 *
 * @param usage the JSON value as received
 * @returns undefined when it holds no token counts
 */
export function readTokenUsage(usage: unknown, dialect: UsageDialect): TokenUsage | undefined {
  if (!isObject(usage)) return undefined
  const input = count(usage['prompt_tokens']) ?? count(usage['input_tokens'])
  const output = count(usage['completion_tokens']) ?? count(usage['output_tokens'])
  if (input === undefined && output === undefined) return undefined
  const inputDetails = child(usage, 'prompt_tokens_details') ?? child(usage, 'input_tokens_details') ?? {}
  const outputDetails =
    child(usage, 'completion_tokens_details') ?? child(usage, 'output_tokens_details') ?? {}
  const cacheRead = count(inputDetails['cached_tokens']) ?? count(usage['cache_read_input_tokens']) ?? 0
  const cacheWrite =
    count(inputDetails['cache_write_tokens']) ?? count(usage['cache_creation_input_tokens']) ?? 0
  const cached = dialect === 'anthropic' ? 0 : cacheRead + cacheWrite
  return {
    input: Math.max(0, (input ?? 0) - cached),
    cacheRead,
    cacheWrite,
    output: output ?? 0,
    reasoning: count(outputDetails['reasoning_tokens']) ?? 0,
  }
}

/**
 * Reads a price in US dollars and turns it into whole micro-dollars.
 *
 * @returns null when the price is missing or no number: unknown is never 0
 */
export function readMicroUsd(usd: unknown): number | null {
  const value = typeof usd === 'string' && usd.trim() !== '' ? Number(usd) : usd
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value * 1e6) : null
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function child(value: Record<string, unknown>, key: string): Record<string, unknown> | undefined {
  const inner = value[key]
  return isObject(inner) ? inner : undefined
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}
