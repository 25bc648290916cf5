import { errorCatalog, type ErrorCode } from './error-catalog.ts'

export interface GatewayErrorOptions {
  /** The request field at fault, in dots and brackets: `messages[0].role`. */
  param?: string
  /** Machine-readable context for the caller. Never a secret, an inner address or a stack. */
  details?: Record<string, unknown>
  /** Extra response headers, such as `retry-after` or `allow`. */
  headers?: Record<string, string>
  /** The request body was not read to its end: the connection cannot be used again. */
  closesConnection?: boolean
  cause?: unknown
}

/** What goes out as `error` in the envelope, before the per-request parts are added. */
export interface ErrorFields {
  code: string | null
  message: string
  type: string
  param: string | null
}

/**
 * The one error class of the gateway. `message` is meant for the caller: it names the cause and the way out.
 * `cause` is for the log only.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly fields: ErrorFields
  readonly details: Record<string, unknown>
  readonly headers: Record<string, string>
  readonly closesConnection: boolean

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.name = 'GatewayError'
    this.code = code
    this.status = errorCatalog[code].status
    this.fields = { code, message, type: errorCatalog[code].type, param: options.param ?? null }
    this.details = options.details ?? {}
    this.headers = options.headers ?? {}
    this.closesConnection = options.closesConnection ?? false
  }
}

/**
 * A 4xx of LiteLLM on its way to the caller: status, message, type, param and code stay what LiteLLM said.
 */
export class UpstreamRefusal extends GatewayError {
  override readonly status: number
  override readonly fields: ErrorFields

  constructor(status: number, fields: ErrorFields, headers: Record<string, string> = {}) {
    super('BAD_REQUEST', fields.message, { headers })
    this.name = 'UpstreamRefusal'
    this.status = status
    this.fields = fields
  }
}
