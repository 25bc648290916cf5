import { randomUUID } from 'node:crypto'
import { type IncomingMessage } from 'node:http'
import { type TokenUsage } from '../protocol/token-usage.ts'
import { type RequestTarget } from './request-target.ts'

/** What the access log says of a request. Filled in by the stages that know; never holds a secret or a prompt. */
export interface AccessRecord {
  /** The route's pattern, such as `/chat/completions`; undefined when no route matched. */
  route?: string
  /** The name of the caller's key. */
  key?: string
  model?: string
  stream?: boolean
  bytesIn: number
  bytesOut: number
  /** Address of LiteLLM that answered, and when (ms since the request arrived) it was asked, began and ended. */
  upstream?: string
  upstreamStartMs?: number
  firstByteMs?: number
  upstreamEndMs?: number
  usage?: TokenUsage
  /** Cost in micro-dollars; null when LiteLLM did not say. */
  costMicroUsd?: number | null
  /** Code of the error that the caller was given, before or after the headers. */
  error?: string
  /** The technical cause of that error; for the log only. */
  cause?: unknown
}

const contexts = Symbol('request context')
const WELL_FORMED_ID = /^[A-Za-z0-9._:-]{1,128}$/

/**
 * One request's identity, its entry in the access log, and what has to be given back when it ends. Made by the first
 * middleware; every later stage reads it with `contextOf(req)`.
 */
export class RequestContext {
  readonly id: string
  readonly startedAt = performance.now()
  readonly record: AccessRecord = { bytesIn: 0, bytesOut: 0 }
  /** Where the request wants to go. Set by the first middleware, unless the target is refused. */
  target: RequestTarget = { path: '', query: '', apiPath: undefined }
  #gone = false
  #whenGone: (() => void)[] = []

  constructor(req: IncomingMessage) {
    const given = req.headers['x-request-id']
    this.id = typeof given === 'string' && WELL_FORMED_ID.test(given) ? given : randomUUID()
    ;(req as TaggedRequest)[contexts] = this
  }

  /** Milliseconds since the request arrived. */
  elapsedMs(): number {
    return performance.now() - this.startedAt
  }

  /** True once the client has left before its answer was complete. */
  get clientGone(): boolean {
    return this.#gone
  }

  /** Calls `action` when the client leaves before its answer is complete; at once if it already has. */
  onClientGone(action: () => void): void {
    if (this.#gone) action()
    else this.#whenGone.push(action)
  }

  markClientGone(): void {
    this.#gone = true
    const actions = this.#whenGone
    this.#whenGone = []
    for (const action of actions) action()
  }
}

interface TaggedRequest extends IncomingMessage {
  [contexts]?: RequestContext
}

/** @throws {Error} when the request has not passed the first middleware */
export function contextOf(req: IncomingMessage): RequestContext {
  const context = (req as TaggedRequest)[contexts]
  if (context === undefined) throw new Error('the request has no context: the first middleware did not see it')
  return context
}
