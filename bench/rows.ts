import { embeddings100, embeddings100Float } from './rows/embeddings.ts'
import { responsesStream } from './rows/responses-stream.ts'
import { type Row } from './rows/row.ts'
import { sockets1000 } from './rows/sockets.ts'
import { streamOpen1000, streamOpen5000 } from './rows/stream-open.ts'
import { stream50ms, stream5ms } from './rows/stream-paced.ts'
import { streamUnpaced } from './rows/stream-unpaced.ts'
import { upload10MB } from './rows/upload.ts'
import { wholeLarge } from './rows/whole-large.ts'
import { wholeRate } from './rows/whole-rate.ts'
import { wholeSaturated } from './rows/whole-saturated.ts'

/** Chat, which the aims are about. */
const core: Row[] = [
  wholeSaturated,
  wholeRate,
  wholeLarge,
  stream5ms,
  stream50ms,
  streamUnpaced,
  streamOpen1000,
  streamOpen5000,
]

/** The other endpoints. */
const surface: Row[] = [embeddings100, embeddings100Float, upload10MB, responsesStream, sockets1000]

/** In the order of the table. */
export const rows: Row[] = [...core, ...surface]

const namesOf = (some: Row[]) => some.map(({ name }) => name)

/** Names for several rows, for the command line. */
export const rowGroups = { core: namesOf(core), surface: namesOf(surface) }
