import { isObject } from '../protocol/is-object.ts'
import { addKnown, addUsage, readMicroUsd, readUsage } from '../protocol/token-usage.ts'
import { type UsageRecord } from './usage-tap.ts'

/** Looks at the events of a realtime session as they pass: adds up what its responses used. */
export class RealtimeTap {
  readonly #record: UsageRecord
  readonly #running = new Set<unknown>()
  #costMicroUsd: number | null = 0

  constructor(record: UsageRecord) {
    this.#record = record
    record.costMicroUsd = null
  }

  /** True while the model is answering. */
  get isAnswering(): boolean {
    return this.#running.size > 0
  }

  /** Reads a text message of the server. */
  read(message: Buffer): void {
    // Hot path: most events are deltas, and are not parsed.
    if (!message.includes('"response.done"') && !message.includes('"response.created"')) return
    const event = parse(message)
    if (!isObject(event) || !isObject(event['response'])) return
    const { id, usage } = event['response']
    if (event['type'] === 'response.created') this.#running.add(id)
    else if (event['type'] === 'response.done') {
      this.#running.delete(id)
      this.#add(isObject(usage) ? usage : {})
    } else return
    // The session may end here, and nobody would say what is under way has cost.
    this.#record.costMicroUsd = this.isAnswering ? null : this.#costMicroUsd
  }

  #add(usage: Record<string, unknown>): void {
    const tokens = readUsage(withPluralDetails(usage), 'openai')
    if (tokens !== undefined) {
      const { usage: before } = this.#record
      this.#record.usage = before === undefined ? tokens : addUsage(before, tokens)
    }
    this.#costMicroUsd = addKnown(this.#costMicroUsd, readMicroUsd(usage['cost']))
  }
}

/** Realtime says `input_token_details` where the Responses API says `input_tokens_details`. */
function withPluralDetails(usage: Record<string, unknown>): Record<string, unknown> {
  return {
    ...usage,
    input_tokens_details: usage['input_tokens_details'] ?? usage['input_token_details'],
    output_tokens_details: usage['output_tokens_details'] ?? usage['output_token_details'],
  }
}

function parse(message: Buffer): unknown {
  try {
    return JSON.parse(message.toString()) as unknown
  } catch {
    // A broken event is the client's to judge: it passes as it came.
    return undefined
  }
}
