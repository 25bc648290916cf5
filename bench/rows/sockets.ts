import { realtimeRequest } from '../requests.ts'
import { cpuShare, idleMemory, memoryPerStream, stillOpen, type Row } from './row.ts'

/** The window is as long as MPC-API waits between two looks at a silent peer, so that each socket is pinged once in it. */
export const sockets1000: Row = {
  name: 'sockets-1000',
  title: '1,000 idle WebSockets through realtime, opened within 2 s, looked at for 15 s, in a new process',
  load: { mode: 'sockets', connections: 1000, ramp: 2, warmup: 6, seconds: 15 },
  chunks: 1,
  request: () => realtimeRequest('bench-realtime'),
  fresh: true,
  measures: [stillOpen, { ...memoryPerStream, title: 'RSS above idle, KiB/socket' }, idleMemory, cpuShare],
}
