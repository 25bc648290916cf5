import { decodePayload, type SseFrame } from '../protocol/sse-frame.ts'
import { isObject } from '../protocol/is-object.ts'
import {
  joinUsage,
  readAnswerUsage,
  readMicroUsd,
  readUsage,
  type Usage,
  type UsageDialect,
} from '../protocol/token-usage.ts'

/** What an answer used. */
export interface UsageRecord {
  usage?: Usage | undefined
  /** Micro-dollars; null when LiteLLM did not say. */
  costMicroUsd?: number | null | undefined
}

/** Looks at an answer as it passes and notes what it says of usage and cost. It never changes a byte. */
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
    if (!isObject(answer)) return
    const usage = readAnswerUsage(answer, this.#dialect)
    if (usage !== undefined) this.#record.usage = usage
    this.#readCost(answer['usage'])
  }

  /** Reads the end of a whole JSON answer that was too large to be read: a usage that is its last large member. */
  readTail(end: Buffer): void {
    const at = end.lastIndexOf('"usage"')
    if (at === -1) return
    // With its brace back this is JSON only if the member stood at the top: deeper ones end in more braces.
    const answer = parseObject(`{${end.toString('utf8', at)}`)
    if (answer !== undefined) this.readAnswer(answer)
  }

  /**
   * Reads one frame of a stream.
   *
   * @returns the payload when the frame carries usage, for who wants to know what else is in it
   */
  readFrame(frame: SseFrame): Record<string, unknown> | undefined {
    if (!mentionsUsage(frame.data)) return undefined
    const payload = parseObject(decodePayload(frame))
    const reported = payload === undefined ? undefined : findUsage(payload)
    if (reported === undefined) return undefined
    const usage = readUsage(reported, this.#dialect)
    if (usage !== undefined) this.#record.usage = joinUsage(this.#record.usage, usage)
    this.#readCost(reported)
    return payload
  }

  #readCost(usage: unknown): void {
    const cost = isObject(usage) ? readMicroUsd(usage['cost']) : null
    if (cost !== null) this.#record.costMicroUsd = cost
  }
}

/** Chat has it at the top, the Responses API in `response`, Anthropic's first event in `message`. */
function findUsage(payload: Record<string, unknown>): Record<string, unknown> | undefined {
  for (const holder of [payload, payload['response'], payload['message']]) {
    if (isObject(holder) && isObject(holder['usage'])) return holder['usage']
  }
  return undefined
}

/**
 * Hot path: most frames carry no usage or `"usage":null`, and are not parsed for it. A quote is everywhere in JSON, so the
 * name is looked for without its first one.
 */
function mentionsUsage(data: string): boolean {
  for (let at = data.indexOf('usage"'); at !== -1; at = data.indexOf('usage"', at + 6)) {
    if (data[at - 1] === '"' && /^\s*:\s*\{/.test(data.slice(at + 6, at + 14))) return true
  }
  return false
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    // A broken frame is the client's to judge: its bytes pass as they came.
    return undefined
  }
}
