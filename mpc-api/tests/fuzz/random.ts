/** A source of whole numbers below a bound; the same seed gives the same ones. */
export type Random = (below: number) => number

/** Mulberry32: small, fast, and good enough to choose what to try. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** A source that depends on the bytes alone, so that a check makes the same choices for the same input. */
export function randomOf(bytes: Buffer): Random {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return createRandom(hash)
}

/** One of several, of which there is at least one. */
export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random(from.length)] as T
}

/** The bytes in pieces, cut anywhere, but not in thousands. */
export function cutUp(bytes: Buffer, random: Random): Buffer[] {
  const longest = Math.max(pick(random, [1, 2, 3, 8, 40, 1000]), bytes.length >> 7)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random(longest)
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}
