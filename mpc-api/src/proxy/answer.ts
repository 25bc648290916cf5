import { type GatewayError } from '../errors/gateway-error.ts'
import { type HeaderFields } from '../http-client/header-fields.ts'
import { type StreamDialect } from '../protocol/stream-dialect.ts'
import { type UsageTap } from './usage-tap.ts'

/** What a piece of LiteLLM's answer led to. */
export type WriteResult =
  /** Go on. */
  | 'more'
  /** Go on once the client has read what it was sent. */
  | 'full'
  /** The client has the whole answer, whatever LiteLLM still sends. */
  | 'complete'
  /** LiteLLM reported a failure inside the answer; the client has been told. */
  | 'failed'

/** One kind of answer on its way to the client. */
export interface Answer {
  /** True once headers went to the client: from then on a failure can only be told inside the answer. */
  readonly started: boolean
  /** @throws {GatewayError} while not started, when the answer turns out to be a failure */
  write(chunk: Buffer): WriteResult
  /**
   * LiteLLM ended its answer. An answer that is read as a whole reads it now, so that what it used is known also when the
   * client leaves before its turn to be sent comes.
   *
   * @throws {GatewayError} when it is no answer
   */
  readWhole?(): void
  /**
   * LiteLLM ended its answer, and it is its turn to be sent.
   *
   * @throws {GatewayError} when the answer is not complete
   */
  end(): void
  /** Tells the client of a failure after the headers, so that nothing cut short looks complete. */
  fail(error: GatewayError): void
}

/** A stream of server-sent events on its way to the client. What `write` is given is only lent: it is read on the spot. */
export interface StreamAnswer extends Answer {
  /** LiteLLM has begun to answer; headers go out with the first frame. */
  accept(received: HeaderFields): void
  /** Sends headers and a ping before LiteLLM has answered, so that nobody in between takes the silence for a failure. */
  startEarly(): void
  ping(): void
}

export interface StreamOptions {
  dialect: StreamDialect
  tap: UsageTap
  /** The usage chunk was asked for by the gateway, not by the client: it is kept from the client. */
  hidesUsage: boolean
}

export interface MediaOptions {
  status: number
  headers: HeaderFields
  tap: UsageTap
  /** A file may be empty; audio that was asked for may not. */
  mayBeEmpty: boolean
}

/** Where an answer goes: to the client, or to a part of the gateway that asked on its own account. */
export interface Outlet {
  /** @throws {GatewayError} when whoever asked cannot take a whole answer */
  whole(status: number, headers: HeaderFields, tap: UsageTap): Answer
  /** @throws {GatewayError} when whoever asked cannot take media */
  media(options: MediaOptions): Answer
  /** @throws {GatewayError} when whoever asked cannot take a stream */
  stream(options: StreamOptions): StreamAnswer
  /** Calls `action` once more can be written, after a write that answered `full`. */
  whenReady(action: () => void): void
}
