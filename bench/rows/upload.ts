import { uploadRequest } from '../requests.ts'
import { cpuPerUpload, idleMemory, peakMemory, type Row } from './row.ts'

const bytes = 10_000_000

/** In a new process, so that the memory is that of the uploads. */
export const upload10MB: Row = {
  name: 'upload-10MB',
  title: 'audio/transcriptions, 8 uploads of a 10 MB file at a time, in a new process',
  load: { mode: 'closed', connections: 8, warmup: 2 },
  chunks: 0,
  request: () => uploadRequest(bytes),
  fresh: true,
  measures: [
    cpuPerUpload,
    { name: 'rate', title: 'MB/s', of: ({ requests, seconds }) => (requests * bytes) / 1e6 / seconds },
    peakMemory,
    idleMemory,
  ],
}
