import { EventEmitter, once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type RawAnswer, readAnswers } from './read-answers.ts'
import { within } from './within.ts'

/** A client on a bare socket: it can be as rude as a test needs. */
export interface RawClient {
  readonly socket: Socket
  send(...parts: (string | Buffer)[]): void
  /** Everything received so far. */
  bytes(): Buffer
  /** Resolves as soon as the received bytes contain the text. */
  until(text: string, ms?: number): Promise<Buffer>
  /** The answers received so far. */
  answers(): RawAnswer[]
  /** Resolves with the first final answer, once it is complete or the connection is closed. */
  answer(): Promise<RawAnswer>
  /** Resolves when the server has closed the connection: politely, or by a reset. */
  closed(ms?: number): Promise<'fin' | 'reset'>
  halfClose(): void
  reset(): void
  destroy(): void
}

export async function openRawClient(url: string): Promise<RawClient> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true })
  const chunks: Buffer[] = []
  let how: 'fin' | 'reset' = 'fin'
  let ended = false
  const changes = new EventEmitter().setMaxListeners(0)
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    changes.emit('change')
  })
  socket.on('error', () => (how = 'reset'))
  socket.on('end', () => {
    ended = true
    changes.emit('change')
  })
  socket.on('close', () => changes.emit('change'))
  await once(socket, 'connect')

  const bytes = () => {
    if (chunks.length > 1) chunks.splice(0, chunks.length, Buffer.concat(chunks))
    return chunks[0] ?? Buffer.alloc(0)
  }
  const over = () => ended || socket.destroyed
  /** Checks again whenever something happened on the socket. */
  const waitFor = async (reached: () => boolean) => {
    while (!reached()) {
      if (over()) return
      await once(changes, 'change')
    }
  }
  const final = () => readAnswers(bytes(), over()).find(({ status }) => status >= 200)

  return {
    socket,
    send: (...parts) => {
      for (const part of parts) socket.write(part)
    },
    bytes,
    until: async (text, ms = 5_000) => {
      const found = () => bytes().includes(text)
      await within(ms, waitFor(found), `"${text}" did not arrive`)
      if (!found()) throw new Error(`closed before "${text}" arrived: ${bytes().toString()}`)
      return bytes()
    },
    answers: () => readAnswers(bytes(), over()),
    answer: async () => {
      await within(
        5_000,
        waitFor(() => final()?.complete === true),
        'no answer',
      )
      const answer = final()
      if (!answer) throw new Error(`closed without an answer: ${JSON.stringify(bytes().toString())}`)
      return answer
    },
    closed: async (ms = 5_000) => {
      await within(ms, waitFor(over), 'the server kept the connection open')
      socket.destroy()
      return how
    },
    halfClose: () => socket.end(),
    reset: () => socket.resetAndDestroy(),
    destroy: () => socket.destroy(),
  }
}

/** The text of an HTTP/1.1 POST with a JSON body; `headers` come after the usual ones and may repeat them. */
export function postText(
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = Buffer.byteLength(text)
  return (
    `POST ${path} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${length}\r\n${lines.join('')}\r\n${text}`
  )
}
