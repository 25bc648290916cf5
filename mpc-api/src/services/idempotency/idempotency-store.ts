import { createHash } from 'node:crypto'
import { GatewayError } from '../../errors/gateway-error.ts'

/** What is kept under a key. */
export interface Reusable {
  /** False once later requests must not be given it. */
  readonly isReusable: boolean
  /** Only asked once it is made. */
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
  /** What it is counted with; 0 while it is being made. */
  bytes: number
}

/** What an answer takes beside its bytes: its head, its record, its place here. */
const OVERHEAD_BYTES = 4096

const USABLE_KEY = /^[\x21-\x7e]{1,255}$/

/**
 * Remembers the answers of requests that carry an `Idempotency-Key`, so that a retry gets the first answer again
 * instead of paying for a second one.
 */
export class IdempotencyStore<T extends Reusable> {
  readonly #ttlMs: number
  readonly #maxBytes: number
  /** The oldest first: it expires first. */
  readonly #entries = new Map<string, Entry<T>>()
  #bytes = 0

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
    this.#forgetExpired()
    const name = nameOf(caller, key)
    const fingerprint = digest(request)
    const known = this.#entries.get(name)
    if (known?.value.isReusable === true) {
      if (known.fingerprint !== fingerprint) throw usedForAnother()
      return { value: known.value, isNew: false }
    }
    const value = create()
    if (known !== undefined) this.#forget(name, known)
    this.#entries.set(name, { value, fingerprint, expiresAt: performance.now() + this.#ttlMs, bytes: 0 })
    return { value, isNew: true }
  }

  /** Counts a value that is made now, and drops the oldest until the rest fits; one that cannot be reused is not kept. */
  settle({ caller, key }: Claim, value: T): void {
    const name = nameOf(caller, key)
    const entry = this.#entries.get(name)
    if (entry?.value !== value) return
    if (!value.isReusable) {
      this.#forget(name, entry)
      return
    }
    entry.bytes = value.bytes + OVERHEAD_BYTES
    this.#bytes += entry.bytes
    for (const [oldName, old] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return
      if (old.bytes > 0) this.#forget(oldName, old)
    }
  }

  /** What is still being made stays, however old. */
  #forgetExpired(): void {
    const now = performance.now()
    for (const [name, entry] of this.#entries) {
      if (entry.expiresAt > now) return
      if (entry.bytes > 0) this.#forget(name, entry)
    }
  }

  #forget(name: string, entry: Entry<T>): void {
    this.#entries.delete(name)
    this.#bytes -= entry.bytes
  }
}

function nameOf(caller: string, key: string): string {
  return `${caller}\n${key}`
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
