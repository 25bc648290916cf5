import { embeddingsRequest } from '../requests.ts'
import { cpuPerRequest, requestsPerSecond, type Row } from './row.ts'

export const embeddings100: Row = {
  name: 'embeddings-100',
  title: '100 inputs of 350 characters, 1,536 dimensions in base64 as the OpenAI SDKs ask (0.8 MB answer)',
  load: { mode: 'closed', connections: 16, warmup: 2 },
  chunks: 0,
  request: () => embeddingsRequest('base64'),
  measures: [cpuPerRequest, requestsPerSecond],
}

export const embeddings100Float: Row = {
  ...embeddings100,
  name: 'embeddings-100-float',
  title: 'the same as numbers, as Dify and curl ask (3.1 MB answer)',
  request: () => embeddingsRequest('float'),
}
