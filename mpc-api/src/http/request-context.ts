import { randomUUID } from 'node:crypto'
import { type IncomingMessage } from 'node:http'
import { type GatewayError } from '../errors/gateway-error.ts'
import { type Usage } from '../protocol/token-usage.ts'
import { type RequestTarget } from './request-target.ts'

/**
 * What the access log says of a request. Filled in by the stages that know; never holds a secret or a prompt. Hot path: a
 * class, for an object that begins with fewer fields is copied again and again as they come.
 */
export class AccessRecord {
  /** The route's pattern, such as `/chat/completions`; undefined when no route matched. */
  route: string | undefined = undefined
  /** The name of the caller's key. */
  key: string | undefined = undefined
  model: string | undefined = undefined
  stream: boolean | undefined = undefined
  bytesIn = 0
  bytesOut = 0
  /** Address of LiteLLM that answered, and when (ms since the request arrived) it was asked, began and ended. */
  upstream: string | undefined = undefined
  upstreamStartMs: number | undefined = undefined
  firstByteMs: number | undefined = undefined
  upstreamEndMs: number | undefined = undefined
  usage: Usage | undefined = undefined
  /** Cost in micro-dollars; null when LiteLLM did not say. */
  costMicroUsd: number | null | undefined = undefined
  /** Of a WebSocket: messages received and sent, and the code that its client's side closed with. */
  socket: { framesIn: number; framesOut: number; closeCode: number } | undefined = undefined
  /** HTTP status of LiteLLM's answer. */
  upstreamStatus: number | undefined = undefined
  /** True when the answer was made for an earlier request with the same Idempotency-Key. */
  replayed: boolean | undefined = undefined
  /** Code of the error that the caller was given, before or after the headers. */
  error: string | undefined = undefined
  /** The technical cause of that error. The log shows its code, and a stack only when the fault is our own. */
  cause: unknown = undefined
}

const contexts = Symbol('request context')
const WELL_FORMED_ID = /^[\w.:~@+/=-]{1,128}$/

/**
 * One request's identity, its entry in the access log, and what has to be given back when it ends. Made by the first
 * middleware; every later stage reads it with `contextOf(req)`.
 */
export class RequestContext {
  readonly id: string
  readonly startedAt: number
  readonly record = new AccessRecord()
  /** Where the request wants to go. Set by an early stage, unless the target is refused. */
  target: RequestTarget = { path: '', query: '', apiPath: undefined }
  #gone = false
  #whenInterrupted: ((reason: GatewayError | undefined) => void)[] = []

  private constructor(id: string, startedAt: number) {
    this.id = id
    this.startedAt = startedAt
  }

  /** Makes the context of a request. A well-formed id that the client chose is kept. */
  static begin(req: IncomingMessage): RequestContext {
    const given = req.headers['x-request-id']
    const id = typeof given === 'string' && WELL_FORMED_ID.test(given) ? given : randomUUID()
    const context = new RequestContext(id, performance.now())
    ;(req as TaggedRequest)[contexts] = context
    return context
  }

  /** Makes the context of a request that came inside a WebSocket. */
  static beginInSocket(id: string): RequestContext {
    return new RequestContext(WELL_FORMED_ID.test(id) ? id : randomUUID(), performance.now())
  }

  /** A context for work that other requests may share: it has a record of its own and outlives this client. */
  fork(): RequestContext {
    const context = new RequestContext(this.id, this.startedAt)
    context.target = this.target
    Object.assign(context.record, this.record)
    return context
  }

  /** True on the routes of Anthropic's API, whose clients look for other headers and fields. */
  get speaksAnthropic(): boolean {
    const { apiPath } = this.target
    return apiPath === '/messages' || apiPath === '/messages/count_tokens'
  }

  /** Whose turn, whose `Idempotency-Key`: the name of the key; without keys all callers are one. */
  get caller(): string {
    return this.record.key ?? 'everyone'
  }

  /** Milliseconds since the request arrived. */
  elapsedMs(): number {
    return performance.now() - this.startedAt
  }

  /** True once the client has left before its answer was complete. */
  get clientGone(): boolean {
    return this.#gone
  }

  /**
   * Calls `action` when the request must not go on: without a reason when the client has left before its answer was
   * complete, else with the error that the client is to be told.
   */
  onInterrupted(action: (reason: GatewayError | undefined) => void): void {
    if (this.#gone) action(undefined)
    else this.#whenInterrupted.push(action)
  }

  /** What was done for the request is over: whoever asked to be told of an interruption is let go, with all it holds. */
  release(): void {
    this.#whenInterrupted = []
  }

  markClientGone(): void {
    this.#gone = true
    this.interrupt(undefined)
  }

  interrupt(reason: GatewayError | undefined): void {
    const actions = this.#whenInterrupted
    this.#whenInterrupted = []
    for (const action of actions) action(reason)
  }
}

interface TaggedRequest {
  [contexts]?: RequestContext
}

/** @throws {Error} when the request has not passed the first middleware */
export function contextOf(req: IncomingMessage): RequestContext {
  const context = (req as IncomingMessage & TaggedRequest)[contexts]
  if (context === undefined)
    throw new Error('the request has no context: the first middleware did not see it')
  return context
}
