import { type IncomingHttpHeaders } from 'node:http'
import { UpstreamRefusal } from '../errors/gateway-error.ts'
import { type AccessRecord, type RequestContext } from '../http/request-context.ts'
import { chatDialect } from '../protocol/stream-dialect.ts'
import { addKnown, addUsage } from '../protocol/token-usage.ts'
import { type ChatAnswer, chatOutlet } from './chat-outlet.ts'
import { type ExchangeClocks } from './clocks.ts'
import { type Call, Exchange } from './exchange.ts'
import { relay } from './relay.ts'
import { toUpstreamHeaders } from './request-headers.ts'
import { type Upstream } from './upstream.ts'

/** Thrown when the client has left, so that nothing more is asked on its behalf. Nobody is left to be told. */
export class ClientLeft extends Error {}

export interface ChatDeps {
  upstream: Upstream
  clocks: ExchangeClocks
}

export interface ChatRequest {
  model: string
  messages: readonly { role: string; content: string }[]
  schema: { name: string; schema: Record<string, unknown> } | undefined
  /** Given, the answer is asked for as a stream and told piece by piece. */
  onText: ((piece: string) => void) | undefined
}

type Usage = NonNullable<AccessRecord['usage']>

/** An answer, and what it alone used. */
export interface ChatCompletion extends ChatAnswer {
  usage: Usage | undefined
  /** Micro-dollars; null when LiteLLM did not say. */
  costMicroUsd: number | null
}

/**
 * A conversation with a model that the gateway holds on behalf of one request. Each turn is an exchange like any other:
 * cancelled when the client leaves, under the clocks, its usage noted. The request's access record adds the turns up,
 * and the total clock runs over all of them.
 */
export class ChatSession {
  readonly #deps: ChatDeps
  readonly #context: RequestContext
  readonly #headers: IncomingHttpHeaders
  #turns = 0
  #spent: Spent | undefined
  #isBooked = true

  constructor(deps: ChatDeps, context: RequestContext, headers: IncomingHttpHeaders) {
    this.#deps = deps
    this.#context = context
    this.#headers = { ...headers, 'content-type': 'application/json', accept: 'application/json' }
    // The access log is written as soon as the client has left, before a turn that is cut off can say so.
    context.onInterrupted(() => this.#book(toSpent(context.record)))
  }

  /**
   * @throws {GatewayError} when there is no answer
   * @throws {ClientLeft}
   */
  async complete(request: ChatRequest): Promise<ChatCompletion> {
    this.#turns += 1
    const { record } = this.#context
    // The record notes this turn alone, until it is added to the others.
    record.usage = undefined
    record.costMicroUsd = undefined
    record.upstreamEndMs = undefined
    this.#isBooked = false
    try {
      const answer = await this.#converse(request)
      const spent = toSpent(record)
      this.#book(spent)
      return { ...answer, ...spent }
    } catch (problem) {
      // What LiteLLM refused has cost nothing; any other failure may have cost what nobody said.
      this.#book(problem instanceof UpstreamRefusal ? undefined : toSpent(record))
      throw problem
    }
  }

  /** Adds what the running turn used to the turns before it. Once only: an interrupted turn fails afterwards, too. */
  #book(spent: Spent | undefined): void {
    if (this.#isBooked) return
    this.#isBooked = true
    if (spent !== undefined) this.#spent = addSpent(this.#spent, spent)
    const { record } = this.#context
    if (this.#spent?.usage !== undefined) record.usage = this.#spent.usage
    record.costMicroUsd = this.#spent?.costMicroUsd ?? null
  }

  async #converse(request: ChatRequest): Promise<ChatAnswer> {
    const outlet = chatOutlet(request.onText ?? ignore)
    const exchange = new Exchange(this.#toCall(request), this.#context, outlet, this.#clocks())
    await relay(this.#deps.upstream, exchange)
    if (this.#context.clientGone) throw new ClientLeft()
    return outlet.read()
  }

  #toCall(request: ChatRequest): Call {
    const streams = request.onText !== undefined
    const body = {
      model: request.model,
      messages: request.messages,
      ...(request.schema === undefined ? {} : { response_format: toResponseFormat(request.schema) }),
      ...(streams ? { stream: true, stream_options: { include_usage: true } } : {}),
    }
    return {
      method: 'POST',
      path: '/v1/chat/completions',
      headers: toUpstreamHeaders(this.#headers, this.#deps.upstream.ownHeaders, this.#callId()),
      body: Buffer.from(JSON.stringify(body)),
      asksForStream: streams,
      media: undefined,
      streamDialect: chatDialect,
      usageDialect: 'openai',
      hidesUsage: false,
    }
  }

  /** LiteLLM books spend under this id: a second turn needs one of its own. */
  #callId(): string {
    const { id } = this.#context
    return this.#turns === 1 ? id : `${id}-${this.#turns}`
  }

  #clocks(): ExchangeClocks {
    const { clocks } = this.#deps
    if (this.#turns === 1) return clocks
    return { ...clocks, totalMs: Math.max(1, Math.round(clocks.totalMs - this.#context.elapsedMs())) }
  }
}

function toResponseFormat({ name, schema }: NonNullable<ChatRequest['schema']>): Record<string, unknown> {
  return { type: 'json_schema', json_schema: { name, strict: true, schema } }
}

interface Spent {
  usage: Usage | undefined
  costMicroUsd: number | null
}

function toSpent({ usage, costMicroUsd = null }: AccessRecord): Spent {
  return { usage, costMicroUsd }
}

function addSpent(before: Spent | undefined, spent: Spent): Spent {
  if (before === undefined) return spent
  return {
    usage:
      before.usage === undefined || spent.usage === undefined
        ? (before.usage ?? spent.usage)
        : addUsage(before.usage, spent.usage),
    costMicroUsd: addKnown(before.costMicroUsd, spent.costMicroUsd),
  }
}

function ignore(): void {
  // Nobody listens to a whole answer.
}
