import { chatRequest } from '../requests.ts'
import { cpuPerRequest, milliseconds, type Row } from './row.ts'

export const wholeRate: Row = {
  name: 'whole-500/s',
  title: 'whole answers, 500 requests/s',
  load: { mode: 'rate', rate: 500, connections: 64, warmup: 1 },
  chunks: 0,
  request: () => chatRequest('bench-whole'),
  measures: [
    { name: 'p50', title: 'added p50 ms', of: ({ latencyUs }) => milliseconds(latencyUs?.p50), added: true },
    { name: 'p99', title: 'added p99 ms', of: ({ latencyUs }) => milliseconds(latencyUs?.p99), added: true },
    cpuPerRequest,
  ],
}
