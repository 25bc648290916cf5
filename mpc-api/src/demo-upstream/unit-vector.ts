import { createHash } from 'node:crypto'

/**
 * A deterministic vector of length 1. Texts that share words come out near each other, so a demo of a
 * search finds something; it knows no meaning.
 */
export function toUnitVector(text: string, dimensions: number): Float32Array {
  const sum = new Float64Array(dimensions)
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]
  for (const [word, times] of countEach(words)) addDirection(sum, word, times)
  const length = Math.hypot(...sum)
  return Float32Array.from(sum, (part) => part / length)
}

function countEach(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/** Adds the word's own direction: 16-bit numbers from a hash that is stretched to the length needed. */
function addDirection(sum: Float64Array, word: string, times: number): void {
  const bytes = createHash('shake256', { outputLength: sum.length * 2 })
    .update(word)
    .digest()
  for (let index = 0; index < sum.length; index += 1) {
    sum[index] = (sum[index] ?? 0) + (times * (bytes.readUInt16LE(index * 2) - 32_767.5)) / 32_768
  }
}
