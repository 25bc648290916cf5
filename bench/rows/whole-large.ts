import { longChatRequest } from '../requests.ts'
import { cpuPerRequest, requestsPerSecond, type Row } from './row.ts'

export const wholeLarge: Row = {
  name: 'whole-100kB',
  title: 'whole answers, 100 kB request of 201 messages, 32 connections',
  load: { mode: 'closed', connections: 32, warmup: 2 },
  chunks: 0,
  request: () => longChatRequest('bench-whole'),
  measures: [cpuPerRequest, requestsPerSecond],
}
