import { isObject, readMicroUsd, readTokenUsage, type TokenUsage, type UsageDialect } from '../protocol/token-usage.ts'
import { type SseFrame } from '../protocol/sse-frame.ts'

/** Looks at an answer as it passes and keeps what it says of tokens and cost. It never changes a byte. */
export class UsageTap {
  readonly #dialect: UsageDialect
  usage: TokenUsage | undefined
  /** Micro-dollars; null while LiteLLM has not said. */
  costMicroUsd: number | null = null

  constructor(dialect: UsageDialect) {
    this.#dialect = dialect
  }

  /** @param header value of `x-litellm-response-cost`; on streams LiteLLM does not send it */
  readCostHeader(header: string | undefined): void {
    this.costMicroUsd = readMicroUsd(header)
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
    this.usage = readTokenUsage(usage, this.#dialect) ?? this.usage
    if (isObject(usage)) this.costMicroUsd = readMicroUsd(usage['cost']) ?? this.costMicroUsd
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
