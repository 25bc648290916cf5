import { streamUnpaced } from './stream-unpaced.ts'
import { wholeSaturated } from './whole-saturated.ts'

/** What a new process gets before its memory is looked at: a second of whole answers, a second of streams, few at a time. */
export const warmUps = [wholeSaturated, streamUnpaced].map((row) => ({
  ...row,
  load: { ...row.load, connections: 4, warmup: 0 },
}))
