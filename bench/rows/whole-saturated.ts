import { chatRequest } from '../requests.ts'
import { cpuPerRequest, requestsPerSecond, type Row } from './row.ts'

export const wholeSaturated: Row = {
  name: 'whole-64',
  title: 'whole answers, 64 connections, as fast as one core goes',
  load: { mode: 'closed', connections: 64, warmup: 2 },
  chunks: 0,
  request: () => chatRequest('bench-whole'),
  measures: [cpuPerRequest, requestsPerSecond],
}
