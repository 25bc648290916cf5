/** Something that takes bytes from outside, and what must be true of it whatever they are. */
export interface FuzzTarget {
  name: string
  /** Inputs that lead far into the code. */
  seeds: readonly string[]
  /** Words of the format, which random bytes would hardly ever spell. */
  words: readonly string[]
  /**
   * @returns a promise only where another program has to be asked
   * @throws anything, when a promise is broken
   */
  check(input: Buffer): Promise<void> | undefined
}

/** Fails the check: a promise is broken. */
export function demand(isKept: boolean, promise: string): asserts isKept {
  if (!isKept) throw new Error(`broken promise: ${promise}`)
}
