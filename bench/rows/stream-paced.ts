import { chatRequest } from '../requests.ts'
import {
  chunkDelayP50,
  chunkDelayP99,
  chunksPerSecond,
  cpuPerChunk,
  firstChunkP50,
  firstChunkP99,
  type Row,
} from './row.ts'

export const stream5ms: Row = {
  name: 'stream-5ms',
  title: '200 streams, a chunk each 5 ms (40,000 chunks/s offered)',
  load: { mode: 'closed', connections: 200, ramp: 1, warmup: 2 },
  chunks: 100,
  request: () => chatRequest('bench-5ms', { stream: true }),
  measures: [cpuPerChunk, chunksPerSecond, chunkDelayP50, chunkDelayP99],
}

export const stream50ms: Row = {
  name: 'stream-50ms',
  title: '200 streams, a chunk each 50 ms (4,000 chunks/s offered)',
  load: { mode: 'closed', connections: 200, ramp: 5, warmup: 6 },
  chunks: 100,
  request: () => chatRequest('bench-50ms', { stream: true }),
  measures: [cpuPerChunk, firstChunkP50, firstChunkP99, chunkDelayP50, chunkDelayP99],
}
