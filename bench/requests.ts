import { type Running } from './candidates/candidate.ts'

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

/** A chat request as an SDK sends it, about 430 bytes. */
export function chatBody(model: string, extra: Record<string, unknown> = {}): string {
  return JSON.stringify({
    model,
    ...extra,
    messages,
    temperature: 0.2,
    max_tokens: 256,
    user: 'bench-user-0001',
  })
}

/** A chat request with a long history: 201 messages, about 101 kB. */
export function longChatBody(model: string): string {
  const turn = (index: number) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `Turn ${index}: `.padEnd(465, 'a reverse proxy takes the requests of many clients, '),
  })
  return JSON.stringify({
    model,
    messages: [messages[0], ...Array.from({ length: 200 }, (_, index) => turn(index))],
  })
}

/** The bytes of one POST of the body to the candidate, with the headers that an OpenAI SDK sends. */
export function requestBytes(candidate: Running, body: string): string {
  const headers: Record<string, string> = {
    host: `127.0.0.1:${candidate.port}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'OpenAI/JS 6.49.0',
    'x-stainless-lang': 'js',
    'x-stainless-runtime': 'node',
    ...candidate.headers,
    'content-length': String(Buffer.byteLength(body)),
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `POST ${candidate.path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`
}

/** One such request by fetch, to see that the candidate answers. */
export function ask(candidate: Pick<Running, 'port' | 'path' | 'headers'>): Promise<Response> {
  return fetch(`http://127.0.0.1:${candidate.port}${candidate.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...candidate.headers },
    body: chatBody('bench-whole'),
  })
}
