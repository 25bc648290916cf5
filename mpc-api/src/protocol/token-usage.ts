import { isObject } from './is-object.ts'

/**
 * What one request used. Tokens are in disjoint classes, so that they can be added and priced without counting any
 * twice; `reasoning` is the one exception: it says how much of `output` was reasoning. What is not counted in tokens
 * has a unit of its own.
 */
export interface Usage {
  /** Input tokens that were neither read from nor written to a cache. */
  input: number
  cacheRead: number
  cacheWrite: number
  output: number
  reasoning: number
  /** Pictures made, where the model counts no tokens. */
  images?: number
  /** Audio taken in, in seconds. */
  audioSeconds?: number
  /** Text turned into speech, in Unicode characters. */
  characters?: number
  /** Searches billed by a reranking model. */
  searchUnits?: number
}

/**
 * How an API counts cached input: OpenAI includes it in the input tokens, Anthropic's own API does not.
 */
export type UsageDialect = 'openai' | 'anthropic'

const NO_TOKENS: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }

/**
 * Reads a `usage` object of a chat, completion, embedding, Responses, Messages, image, transcription or speech answer.
 *
 * @param usage the JSON value as received
 * @returns undefined when it holds no counts
 */
export function readUsage(usage: unknown, dialect: UsageDialect): Usage | undefined {
  if (!isObject(usage)) return undefined
  const seconds = usage['type'] === 'duration' ? count(usage['seconds']) : undefined
  if (seconds !== undefined) return { ...NO_TOKENS, audioSeconds: seconds }
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

/** Reads what a whole answer used: its `usage`, else what can be counted in other units. */
export function readAnswerUsage(answer: Record<string, unknown>, dialect: UsageDialect): Usage | undefined {
  const usage = readUsage(answer['usage'], dialect)
  // LiteLLM writes zeros for pictures of models that count no tokens.
  if (usage !== undefined && (usage.input > 0 || usage.output > 0 || !hasPictures(answer))) return usage
  const billed = child(child(answer, 'meta') ?? {}, 'billed_units')
  const searchUnits = count(billed?.['search_units'])
  if (searchUnits !== undefined) return { ...NO_TOKENS, searchUnits }
  return hasPictures(answer) ? { ...NO_TOKENS, images: answer.data.length } : undefined
}

/** What was turned into speech: the answer is audio and cannot say. */
export function speechUsage(text: string): Usage {
  return { ...NO_TOKENS, characters: Array.from(text).length }
}

/** Adds up what two requests used. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    ...a,
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    output: a.output + b.output,
    reasoning: a.reasoning + b.reasoning,
  }
}

/** Joins two reports of one request: Anthropic's streams tell input and output in different events. */
export function joinUsage(earlier: Usage | undefined, later: Usage): Usage {
  if (earlier === undefined) return later
  return {
    ...earlier,
    ...later,
    input: later.input || earlier.input,
    cacheRead: later.cacheRead || earlier.cacheRead,
    cacheWrite: later.cacheWrite || earlier.cacheWrite,
    output: later.output || earlier.output,
    reasoning: later.reasoning || earlier.reasoning,
  }
}

/** Adds up what several answers cost or used. What is known of some of them only is not known of all. */
export function addKnown(sum: number | null, more: number | null | undefined): number | null {
  return sum === null || more === null || more === undefined ? null : sum + more
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

function hasPictures(answer: Record<string, unknown>): answer is { data: unknown[] } {
  const data = answer['data']
  return Array.isArray(data) && data.length > 0 && data.every(isPicture)
}

function isPicture(item: unknown): boolean {
  return isObject(item) && (typeof item['url'] === 'string' || typeof item['b64_json'] === 'string')
}

function child(value: Record<string, unknown>, key: string): Record<string, unknown> | undefined {
  const inner = value[key]
  return isObject(inner) ? inner : undefined
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}
