import { chatRequest } from '../requests.ts'
import { chunksPerSecond, cpuPerChunk, type Row } from './row.ts'

export const streamUnpaced: Row = {
  name: 'stream-unpaced',
  title: '64 streams, as fast as they go',
  load: { mode: 'closed', connections: 64, warmup: 2 },
  chunks: 100,
  request: () => chatRequest('bench-unpaced', { stream: true }),
  measures: [cpuPerChunk, chunksPerSecond],
}
