import { chatRequest } from '../requests.ts'
import {
  completeStreams,
  firstChunkP50,
  firstChunkP99,
  idleMemory,
  memoryPerStream,
  peakOpen,
  type Row,
} from './row.ts'

export const streamOpen1000: Row = {
  name: 'open-1000',
  title: '1,000 new streams within 1 s, 20 chunks 500 ms apart, in a new process',
  load: { mode: 'once', connections: 1000, ramp: 1, limit: 60 },
  chunks: 20,
  request: () => chatRequest('bench-500ms-20', { stream: true }),
  fresh: true,
  measures: [completeStreams, peakOpen, memoryPerStream, idleMemory, firstChunkP50, firstChunkP99],
}

export const streamOpen5000: Row = {
  ...streamOpen1000,
  name: 'open-5000',
  title: '5,000 new streams within 5 s, 20 chunks 500 ms apart, in a new process',
  load: { mode: 'once', connections: 5000, ramp: 5, limit: 90 },
  measures: [completeStreams, peakOpen, memoryPerStream, firstChunkP50, firstChunkP99],
}
