import { type Row } from './rows/row.ts'
import { streamOpen1000, streamOpen5000 } from './rows/stream-open.ts'
import { stream50ms, stream5ms } from './rows/stream-paced.ts'
import { streamUnpaced } from './rows/stream-unpaced.ts'
import { wholeLarge } from './rows/whole-large.ts'
import { wholeRate } from './rows/whole-rate.ts'
import { wholeSaturated } from './rows/whole-saturated.ts'

/** In the order of the table. */
export const rows: Row[] = [
  wholeSaturated,
  wholeRate,
  wholeLarge,
  stream5ms,
  stream50ms,
  streamUnpaced,
  streamOpen1000,
  streamOpen5000,
]
