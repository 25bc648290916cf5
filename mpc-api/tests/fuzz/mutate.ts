import { pick, type Random } from './random.ts'

const LONGEST = 2 * 1024
const EDGES = [
  0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x25, 0x2d, 0x2e, 0x2f, 0x3a, 0x5b, 0x5c, 0x5d, 0x7f, 0x80, 0xff,
]

/** What a change may take from. */
export interface Material {
  corpus: readonly Buffer[]
  words: readonly string[]
}

/** An input of the corpus, changed in one place or a few. */
export function mutate(random: Random, material: Material): Buffer {
  // Later inputs are there for what they reached: half of the time one of the last is taken.
  const { corpus } = material
  const recent = corpus.slice(-20)
  let bytes = pick(random, random(2) === 0 ? corpus : recent)
  for (let changes = 1 + random(pick(random, [1, 3, 6])); changes > 0; changes -= 1) {
    bytes = change(bytes, random, material)
  }
  return bytes.subarray(0, LONGEST)
}

function change(bytes: Buffer, random: Random, { corpus, words }: Material): Buffer {
  const at = random(bytes.length + 1)
  const end = at + random(Math.min(bytes.length - at, pick(random, [1, 4, 64, LONGEST])) + 1)
  const put = (piece: Buffer, until = at): Buffer =>
    Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(until)])
  switch (random(8)) {
    case 0:
      return put(Buffer.of(random(2) === 0 ? pick(random, EDGES) : random(256)), at + 1)
    case 1:
      return put(Buffer.of(pick(random, EDGES)))
    case 2:
      return put(Buffer.alloc(0), end)
    case 3:
      return put(bytes.subarray(at, end))
    case 4:
      return put(repeat(bytes.subarray(at, end), 1 + random(pick(random, [4, 40, 400]))))
    case 5:
      return put(slice(pick(random, corpus), random), random(2) === 0 ? at : end)
    default:
      return words.length === 0 ? bytes : put(Buffer.from(pick(random, words)), random(2) === 0 ? at : end)
  }
}

function slice(bytes: Buffer, random: Random): Buffer {
  const from = random(bytes.length + 1)
  return bytes.subarray(from, from + random(bytes.length - from + 1))
}

function repeat(piece: Buffer, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => piece)).subarray(0, LONGEST)
}
