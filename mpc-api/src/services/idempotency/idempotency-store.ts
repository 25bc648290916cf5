import { createHash } from 'node:crypto'
import { GatewayError } from '../../errors/gateway-error.ts'

/** What is kept under a key. */
export interface Reusable {
  /** False once later requests must not be given it. */
  readonly isReusable: boolean
  readonly isComplete: boolean
  readonly bytes: number
}

export interface Claim {
  /** Whose key it is: the same key of another caller is another key. */
  caller: string
  key: string
  /** What the caller asks for; the same key must always ask for the same. */
  request: readonly (string | Buffer)[]
}

interface Entry<T> {
  value: T
  fingerprint: string
  /** Time in ms at which it is forgotten. */
  expiresAt: number
}

const USABLE_KEY = /^[\x21-\x7e]{1,255}$/

/**
 * Remembers the answers of requests that carry an `Idempotency-Key`, so that a retry gets the first answer again
 * instead of paying for a second one.
 */
export class IdempotencyStore<T extends Reusable> {
  readonly #ttlMs: number
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry<T>>()

  constructor(ttlMs: number, maxBytes: number) {
    this.#ttlMs = ttlMs
    this.#maxBytes = maxBytes
  }

  /**
   * What is kept for a request, or what `create` makes for it.
   *
   * @throws {GatewayError} BAD_REQUEST for an unusable key, VALIDATION_ERROR when the key was used for another request
   */
  claim({ caller, key, request }: Claim, create: () => T): { value: T; isNew: boolean } {
    if (!USABLE_KEY.test(key)) throw unusable()
    this.#forgetOld()
    const name = `${caller}\n${key}`
    const fingerprint = digest(request)
    const known = this.#entries.get(name)
    if (known?.value.isReusable === true) {
      if (known.fingerprint !== fingerprint) throw usedForAnother()
      return { value: known.value, isNew: false }
    }
    const value = create()
    this.#entries.delete(name)
    this.#entries.set(name, { value, fingerprint, expiresAt: performance.now() + this.#ttlMs })
    return { value, isNew: true }
  }

  /** Drops what expired or cannot be reused, then the oldest complete answers until the rest fits. */
  #forgetOld(): void {
    const now = performance.now()
    let bytes = 0
    for (const [name, { value, expiresAt }] of this.#entries) {
      if (value.isReusable && (expiresAt > now || !value.isComplete)) bytes += value.bytes
      else this.#entries.delete(name)
    }
    for (const [name, { value }] of this.#entries) {
      if (bytes <= this.#maxBytes) return
      if (!value.isComplete) continue
      this.#entries.delete(name)
      bytes -= value.bytes
    }
  }
}

function digest(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('base64')
}

function unusable(): GatewayError {
  return new GatewayError('BAD_REQUEST', 'Idempotency-Key must be 1 to 255 printable ASCII characters.', {
    param: 'Idempotency-Key',
  })
}

function usedForAnother(): GatewayError {
  return new GatewayError(
    'VALIDATION_ERROR',
    'This Idempotency-Key was used for a request with another body. Use a new key for a new request.',
    { param: 'Idempotency-Key' },
  )
}
