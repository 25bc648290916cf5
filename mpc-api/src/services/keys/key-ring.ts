import { hash, timingSafeEqual } from 'node:crypto'

export interface NamedKey {
  /** What the log calls the caller. */
  name: string
  secret: string
}

/** The keys that callers may use. Only digests are kept, and they are compared in constant time. */
export class KeyRing {
  readonly #keys: { name: string; digest: Buffer }[]

  constructor(keys: readonly NamedKey[]) {
    this.#keys = keys.map(({ name, secret }) => ({ name, digest: digestOf(secret) }))
  }

  /** True when no key is configured: everyone is served. */
  get isOpen(): boolean {
    return this.#keys.length === 0
  }

  /** The name of the key that `secret` is, or undefined. Takes the same time whichever key it is. */
  find(secret: string): string | undefined {
    const digest = digestOf(secret)
    let found: string | undefined
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found = key.name
    return found
  }
}

function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}
