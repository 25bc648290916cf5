import {
  isObject,
  readMicroUsd,
  readTokenUsage,
  type TokenUsage,
  type UsageDialect,
} from '../protocol/token-usage.ts'
import { type SseFrame } from '../protocol/sse-frame.ts'

/** What an answer used. */
export interface UsageRecord {
  usage?: TokenUsage
  /** Micro-dollars; null when LiteLLM did not say. */
  costMicroUsd?: number | null
}

/** Looks at an answer as it passes and notes what it says of tokens and cost. It never changes a byte. */
export class UsageTap {
  readonly #dialect: UsageDialect
  readonly #record: UsageRecord

  constructor(dialect: UsageDialect, record: UsageRecord) {
    this.#dialect = dialect
    this.#record = record
    record.costMicroUsd = null
  }

  /** @param header value of `x-litellm-response-cost`; on streams LiteLLM does not send it */
  readCostHeader(header: string | undefined): void {
    this.#record.costMicroUsd = readMicroUsd(header)
  }

  /** Reads a whole JSON answer. */
  readAnswer(answer: unknown): void {
    if (isObject(answer)) this.#read(answer['usage'])
  }

  /**
   * Reads one frame of a stream.
   *
   * @returns the payload when the frame carries usage, for who wants to know what else is in it
   */
  readFrame(frame: SseFrame): Record<string, unknown> | undefined {
    if (!mentionsUsage(frame.data)) return undefined
    const payload = parseObject(frame.data)
    if (payload === undefined || !isObject(payload['usage'])) return undefined
    this.#read(payload['usage'])
    return payload
  }

  #read(usage: unknown): void {
    const tokens = readTokenUsage(usage, this.#dialect)
    if (tokens !== undefined) this.#record.usage = tokens
    const cost = isObject(usage) ? readMicroUsd(usage['cost']) : null
    if (cost !== null) this.#record.costMicroUsd = cost
  }
}

/** Hot path: most frames carry no usage or `"usage":null`, and are not parsed for it. */
function mentionsUsage(data: Buffer): boolean {
  const at = data.indexOf('"usage"')
  if (at === -1) return false
  return /^\s*:\s*\{/.test(data.toString('latin1', at + 7, at + 15))
}

function parseObject(data: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(data.toString())
    return isObject(value) ? value : undefined
  } catch {
    // A broken frame is the client's to judge: its bytes pass as they came.
    return undefined
  }
}
