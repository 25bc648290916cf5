import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'

/** A stand-in for the providers of what is no chat. */
export interface ScriptedEndpoints {
  /** Origin, without a path: `http://127.0.0.1:port`. */
  readonly origin: string
  /** What it was asked for: method and path. */
  readonly calls: string[]
  close(): Promise<void>
}

const file = {
  id: 'file-1',
  object: 'file',
  bytes: 3,
  created_at: 1_700_000_000,
  filename: 'a.jsonl',
  purpose: 'batch',
  status: 'processed',
}
const batch = {
  id: 'batch_1',
  object: 'batch',
  endpoint: '/v1/chat/completions',
  input_file_id: 'file-1',
  completion_window: '24h',
  status: 'validating',
  created_at: 1_700_000_000,
}
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1_700_000_000,
  status: 'completed',
  model: 'gpt-4o-mini',
  output: [],
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  usage: { input_tokens: 1_000, output_tokens: 3, total_tokens: 1_003 },
}
const items = {
  object: 'list',
  data: [{ id: 'in_1', type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
  first_id: 'in_1',
  last_id: 'in_1',
  has_more: false,
}
const picture = {
  created: 1_700_000_000,
  data: [{ b64_json: 'eA==' }],
  usage: {
    total_tokens: 110,
    input_tokens: 10,
    output_tokens: 100,
    input_tokens_details: { text_tokens: 10, image_tokens: 0 },
  },
}
const moderation = {
  id: 'modr-1',
  model: 'omni-moderation-latest',
  results: [{ flagged: false, categories: { violence: false }, category_scores: { violence: 0.1 } }],
}
const embedding = {
  object: 'list',
  model: 'text-embedding-3-small',
  data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.5] }],
  usage: { prompt_tokens: 1_000, total_tokens: 1_000 },
}
const ranking = {
  id: 'rank-1',
  results: [{ index: 0, relevance_score: 0.9 }],
  meta: { billed_units: { search_units: 1 } },
}
const transcript = { text: 'Grüß Gott', usage: { type: 'duration', seconds: 9 } }

/** Answers as OpenAI, and for rankings as Cohere, by the end of the path; text and JSON as they are, bytes as audio. */
const answers: readonly (readonly [request: RegExp, answer: object | string | Buffer])[] = [
  [/^POST .*\/embeddings$/, embedding],
  [/^(?:GET .*\/responses\/resp_1|POST .*\/responses(?:\/resp_1\/cancel)?)$/, response],
  [/^DELETE .*\/responses\/resp_1$/, { id: 'resp_1', object: 'response', deleted: true }],
  [/^GET .*\/responses\/resp_1\/input_items/, items],
  [/^POST .*\/images\/(?:generations|edits|variations)$/, picture],
  [/^POST .*\/moderations$/, moderation],
  [/^POST .*\/rerank$/, ranking],
  [/^POST .*\/audio\/speech$/, Buffer.from([0xff, 0xfb, 0x01, 0x02])],
  [/^POST .*\/audio\/(?:transcriptions|translations)$/, transcript],
  [/^(?:GET .*\/files\/file-1|POST .*\/files)$/, file],
  [/^GET .*\/files(?:\?|$)/, { object: 'list', data: [file], has_more: false }],
  [/^DELETE .*\/files\/file-1$/, { id: 'file-1', object: 'file', deleted: true }],
  [/^GET .*\/files\/file-1\/content$/, '{}\n'],
  [/^(?:GET .*\/batches\/batch_1|POST .*\/batches(?:\/batch_1\/cancel)?)$/, batch],
  [/^GET .*\/batches(?:\?|$)/, { object: 'list', data: [batch], has_more: false }],
]

export async function startScriptedEndpoints(): Promise<ScriptedEndpoints> {
  const calls: string[] = []
  const server = createServer((request, response) => {
    const call = `${request.method ?? ''} ${request.url ?? ''}`
    calls.push(call)
    request.resume().once('end', () => {
      const answer = answers.find(([pattern]) => pattern.test(call))?.[1]
      if (answer === undefined) response.writeHead(404).end()
      else if (Buffer.isBuffer(answer)) response.setHeader('content-type', 'audio/mpeg').end(answer)
      else if (typeof answer === 'string') response.setHeader('content-type', 'text/plain').end(answer)
      else response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    calls,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
