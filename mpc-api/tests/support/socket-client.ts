import { type ClientRequest, type IncomingMessage } from 'node:http'
import { type ClientOptions, WebSocket } from 'ws'
import { within } from './within.ts'

export interface SocketClient {
  readonly socket: WebSocket
  /** The headers of the 101. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly received: (string | Buffer)[]
  readonly closed: Promise<{ code: number; reason: string; at: number }>
  /** The messages as JSON. */
  frames(): Record<string, unknown>[]
  /** Resolves with the first message that fits, once it is there. */
  until(fits: (frame: Record<string, unknown>) => boolean, ms?: number): Promise<Record<string, unknown>>
}

/** A handshake that was answered with something else than 101. */
export interface RefusedHandshake {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Opens a WebSocket; rejects when it is not let in. */
export async function openSocket(
  url: string,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<SocketClient> {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options })
  const received: (string | Buffer)[] = []
  let headers: SocketClient['headers'] = {}
  socket.on('upgrade', (response) => (headers = response.headers))
  socket.on('message', (data: Buffer, isBinary) => received.push(isBinary ? data : data.toString()))
  const closed = new Promise<{ code: number; reason: string; at: number }>((resolve) =>
    socket.once('close', (code, reason) =>
      resolve({ code, reason: reason.toString(), at: performance.now() }),
    ),
  )
  const opened = new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject))
  await within(15_000, opened, 'the WebSocket did not open')
  socket.on('error', () => undefined)
  const frames = () =>
    received.flatMap((one) => (typeof one === 'string' ? [JSON.parse(one) as Record<string, unknown>] : []))
  const waitFor = async (fits: (frame: Record<string, unknown>) => boolean) => {
    for (;;) {
      const found = frames().find(fits)
      if (found !== undefined) return found
      if (socket.readyState !== socket.OPEN) throw new Error(`closed; got ${received.join('\n')}`)
      await Promise.race([new Promise((resolve) => socket.once('message', resolve)), closed])
    }
  }
  return {
    socket,
    headers,
    received,
    closed,
    frames,
    until: (fits, ms = 5_000) => within(ms, waitFor(fits), 'the frame did not arrive'),
  }
}

/** Opens a WebSocket that is expected to be refused. */
export async function openRefused(
  url: string,
  options: ClientOptions = {},
  protocols: string[] = [],
): Promise<RefusedHandshake> {
  const socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options })
  const refused = new Promise<RefusedHandshake>((resolve, reject) => {
    socket.once('open', () => {
      socket.terminate()
      reject(new Error('the WebSocket was let in'))
    })
    socket.on('error', reject)
    socket.once('unexpected-response', (_request: ClientRequest, response: IncomingMessage) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('end', () => {
        const headers = response.headers as Record<string, string>
        resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks) })
      })
    })
  })
  return within(8_000, refused, 'the handshake was not answered')
}
