import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { within } from './within.ts'

/** The server's side of one connection. */
export interface Peer {
  readonly socket: Socket
  /** What has come and was not taken, as Latin-1. */
  waiting(): string
  /** Resolves with all that came up to this text, once it is there; what follows waits. */
  take(upTo: string): Promise<string>
  takeBytes(count: number): Promise<Buffer>
  write(text: string): void
  /** Resolves when the connection is closed, whoever closed it. */
  readonly closed: Promise<void>
}

/** A server whose connections the test speaks on itself, byte for byte. */
export interface ScriptedServer {
  readonly port: number
  /** All of them, in the order in which they came. */
  readonly peers: readonly Peer[]
  /** The next connection that was not handed out yet. */
  next(): Promise<Peer>
  stop(): Promise<void>
}

/** @param event that tells of a new connection */
export async function startScriptedServer(
  server: Server = createServer({ noDelay: true }),
  event = 'connection',
): Promise<ScriptedServer> {
  const peers: Peer[] = []
  let handedOut = 0
  const arriving: (() => void)[] = []
  server.on(event, (socket: Socket) => {
    peers.push(createPeer(socket))
    for (const resolve of arriving.splice(0)) resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const next = async () => {
    while (peers.length <= handedOut) await new Promise<void>((resolve) => arriving.push(resolve))
    return peers[handedOut++] as Peer
  }
  return {
    port: (server.address() as AddressInfo).port,
    peers,
    next: () => within(4_000, next(), 'no connection came'),
    stop: async () => {
      for (const { socket } of peers) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

function createPeer(socket: Socket): Peer {
  let chunks: Buffer[] = []
  let size = 0
  const waiting: (() => void)[] = []
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  // A reset by the client is an expected end.
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    size += chunk.length
    for (const resolve of waiting.splice(0)) resolve()
  })
  const joined = (): Buffer => {
    if (chunks.length !== 1) chunks = [Buffer.concat(chunks)]
    return chunks[0] as Buffer
  }
  const takeWhen = async (findEnd: () => number): Promise<Buffer> => {
    let end = findEnd()
    for (; end < 0; end = findEnd()) await new Promise<void>((resolve) => waiting.push(resolve))
    const bytes = joined()
    chunks = [bytes.subarray(end)]
    size -= end
    return bytes.subarray(0, end)
  }
  const endOf = (text: string) => {
    const at = joined().indexOf(text, 0, 'latin1')
    return at < 0 ? -1 : at + text.length
  }
  return {
    socket,
    waiting: () => joined().toString('latin1'),
    take: async (upTo) => {
      const taken = takeWhen(() => endOf(upTo))
      return (await within(4_000, taken, `${JSON.stringify(upTo)} did not come`)).toString('latin1')
    },
    takeBytes: (count) => {
      const taken = takeWhen(() => (size < count ? -1 : count))
      return within(4_000, taken, `${count} bytes did not come`)
    },
    write: (text) => socket.write(text, 'latin1'),
    get closed() {
      return within(4_000, closed, 'the connection was not closed')
    },
  }
}
