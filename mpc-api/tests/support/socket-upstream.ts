import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, type Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { within } from './within.ts'

/** One WebSocket that reached the scripted LiteLLM. */
export interface UpstreamSocket {
  readonly request: IncomingMessage
  readonly socket: WebSocket
  /** Resolves when the connection has ended. */
  readonly closed: Promise<{ code: number; reason: string; at: number }>
  /** The texts and bytes received so far. */
  readonly received: (string | Buffer)[]
}

/** A LiteLLM that speaks WebSocket, or refuses to. */
export interface SocketUpstream {
  readonly url: string
  /** The next connection not handed out yet; rejects after 2 s. */
  nextSocket(): Promise<UpstreamSocket>
  connections(): number
  /** What a handshake is answered with instead of 101: `silence` is no answer, undefined lets it in. */
  refuseWith(answer: string | undefined): void
  /** Chooses the subprotocol; by default the first that is offered. */
  choose(protocol: (offered: Set<string>) => string | false): void
  stop(): Promise<void>
}

export async function startSocketUpstream(): Promise<SocketUpstream> {
  const arrived: UpstreamSocket[] = []
  const sockets = new Set<Socket>()
  let handedOut = 0
  let refusal: string | undefined
  let choose: (offered: Set<string>) => string | false = (offered) => [...offered][0] ?? false
  let arrive: () => void = () => undefined

  const server = createServer((_req, res) => void res.writeHead(200).end('"I am alive"'))
  const sides = new WebSocketServer({
    noServer: true,
    autoPong: false,
    maxPayload: 0,
    handleProtocols: (offered) => choose(offered),
  })
  server.on('upgrade', (request, socket: Socket, head) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    if (refusal === 'silence') {
      socket.resume().once('end', () => socket.destroy())
      return
    }
    if (refusal !== undefined) {
      socket.end(refusal)
      return
    }
    sides.handleUpgrade(request, socket, head, (webSocket) => {
      const received: (string | Buffer)[] = []
      webSocket.on('error', () => undefined)
      webSocket.on('message', (data: Buffer, isBinary) => received.push(isBinary ? data : data.toString()))
      const closed = new Promise<{ code: number; reason: string; at: number }>((resolve) =>
        webSocket.once('close', (code, reason) =>
          resolve({ code, reason: reason.toString(), at: performance.now() }),
        ),
      )
      arrived.push({ request, socket: webSocket, closed, received })
      arrive()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const next = async (): Promise<UpstreamSocket> => {
    while (arrived.length <= handedOut) await new Promise<void>((resolve) => (arrive = resolve))
    return arrived[handedOut++]!
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    nextSocket: () => within(15_000, next(), 'no WebSocket reached the upstream'),
    connections: () => sockets.size,
    refuseWith: (answer) => (refusal = answer),
    choose: (protocol) => (choose = protocol),
    stop: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      if (server.listening) await once(server, 'close')
    },
  }
}
