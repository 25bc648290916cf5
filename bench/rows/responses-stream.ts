import { responsesRequest } from '../requests.ts'
import { chunkDelayP50, chunkDelayP99, chunksPerSecond, cpuPerChunk, type Row } from './row.ts'

export const responsesStream: Row = {
  name: 'responses-stream',
  title: 'responses, 200 streams, a text delta each 5 ms (40,000/s offered), 8 other events in each stream',
  load: { mode: 'closed', connections: 200, ramp: 1, warmup: 2 },
  chunks: 100,
  request: () => responsesRequest('bench-5ms'),
  measures: [
    { ...cpuPerChunk, title: 'CPU µs/event' },
    { ...chunksPerSecond, title: 'events/s' },
    { ...chunkDelayP50, title: 'event delay p50 ms' },
    { ...chunkDelayP99, title: 'event delay p99 ms' },
  ],
}
