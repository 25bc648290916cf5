import { randomBytes } from 'node:crypto'
import { type Running } from './candidates/candidate.ts'

/** One request as it is sent to every candidate, but for its address and key. */
export interface BenchRequest {
  method: 'GET' | 'POST'
  /** Below the candidate's base, with its query. */
  route: string
  headers: Record<string, string>
  body: string | Buffer
}

const messages = [
  {
    role: 'system',
    content: 'You are a patient assistant. Answer in plain words, and say so when you are not sure.',
  },
  {
    role: 'user',
    content:
      'In two sentences: what does a reverse proxy do, and why would somebody put one in front of a language model that already has an address of its own? Name one drawback, too.',
  },
]

const filler = 'a reverse proxy takes the requests of many clients, '

/** A chat request as an SDK sends it, about 430 bytes. */
export function chatRequest(model: string, extra: Record<string, unknown> = {}): BenchRequest {
  return json('/chat/completions', {
    model,
    ...extra,
    messages,
    temperature: 0.2,
    max_tokens: 256,
    user: 'bench-user-0001',
  })
}

/** A chat request with a long history: 201 messages, about 101 kB. */
export function longChatRequest(model: string): BenchRequest {
  const turn = (index: number) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `Turn ${index}: `.padEnd(465, filler),
  })
  return json('/chat/completions', {
    model,
    messages: [messages[0], ...Array.from({ length: 200 }, (_, index) => turn(index))],
  })
}

/** A batch of documents to be indexed: 100 inputs, about 35 kB. */
export function embeddingsRequest(encoding: 'base64' | 'float'): BenchRequest {
  const input = Array.from({ length: 100 }, (_, index) => `Part ${index}: `.padEnd(350, filler))
  return json('/embeddings', { model: 'bench-embedding', input, encoding_format: encoding })
}

/** A streamed answer of the Responses API. */
export function responsesRequest(model: string): BenchRequest {
  const [instructions, question] = messages.map(({ content }) => content)
  return json('/responses', {
    model,
    stream: true,
    instructions,
    input: [{ role: 'user', content: question }],
    temperature: 0.2,
    max_output_tokens: 256,
  })
}

/** An audio file of so many bytes to be written down, its model after it, as the OpenAI SDK for Node sends them. */
export function uploadRequest(bytes: number): BenchRequest {
  const boundary = '----formdata-bench-0123456789ab'
  const field = (name: string, more: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}`
  const before = `${field('file', '; filename="talk.mp3"')}\r\nContent-Type: audio/mpeg\r\n\r\n`
  const after = `\r\n${field('model', '\r\n\r\nbench-transcribe')}\r\n--${boundary}--\r\n`
  return {
    method: 'POST',
    route: '/audio/transcriptions',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(before), randomBytes(bytes), Buffer.from(after)]),
  }
}

/** A WebSocket handshake. */
export function realtimeRequest(model: string): BenchRequest {
  return {
    method: 'GET',
    route: `/realtime?model=${model}`,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'YmVuY2gtYmVuY2gtYmVuYw==',
    },
    body: '',
  }
}

function json(route: string, body: unknown): BenchRequest {
  const headers = { 'content-type': 'application/json' }
  return { method: 'POST', route, headers, body: JSON.stringify(body) }
}

/** The bytes of the request to the candidate, with the headers that an OpenAI SDK sends. */
export function requestBytes(candidate: Running, { method, route, headers, body }: BenchRequest): Buffer {
  const all: Record<string, string> = {
    host: `127.0.0.1:${candidate.port}`,
    accept: 'application/json',
    'user-agent': 'OpenAI/JS 6.49.0',
    'x-stainless-lang': 'js',
    'x-stainless-runtime': 'node',
    ...headers,
    ...candidate.headers,
    ...(method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `${method} ${candidate.base}${route} HTTP/1.1\r\n${lines.join('')}\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(body)])
}

/** One chat request by fetch, to see that the candidate answers. */
export function ask(candidate: Pick<Running, 'port' | 'base' | 'headers'>): Promise<Response> {
  const { method, route, headers, body } = chatRequest('bench-whole')
  return fetch(`http://127.0.0.1:${candidate.port}${candidate.base}${route}`, {
    method,
    headers: { ...headers, ...candidate.headers },
    body,
  })
}
