import { type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Socket } from 'node:net'

interface Exchange {
  req: IncomingMessage
  res: ServerResponse
}

/** The open connections of a server, and the request that each one is being answered. */
export class Connections {
  readonly #open = new Map<Socket, Exchange | undefined>()
  /** Kept, not counted when asked: as many connections may close at once as are open. */
  #inProgress = 0
  #drained: (() => void) | undefined

  /** Follows the connections of a server. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#open.set(socket, undefined)
      socket.once('close', () => this.#forget(socket))
    })
  }

  /** The request in progress on a connection. */
  exchangeOn(socket: Socket): Exchange | undefined {
    return this.#open.get(socket)
  }

  begin(req: IncomingMessage, res: ServerResponse): void {
    if (!this.#open.has(req.socket)) return
    if (this.#open.get(req.socket) === undefined) this.#inProgress += 1
    this.#open.set(req.socket, { req, res })
  }

  end(req: IncomingMessage): void {
    // Node gives a pipelined request its turn before it says that the one ahead is over.
    if (this.#open.get(req.socket)?.req !== req) return
    this.#open.set(req.socket, undefined)
    this.#ended()
  }

  /** Ends every connection that is answering nothing, also those that never sent a byte. */
  closeIdle(): void {
    for (const [socket, exchange] of this.#open) if (exchange === undefined) socket.destroy()
  }

  /** The requests in progress. */
  requests(): IncomingMessage[] {
    return [...this.#open.values()].flatMap((exchange) => (exchange === undefined ? [] : [exchange.req]))
  }

  /** Ends every connection, whatever it is doing. */
  closeAll(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }

  /** Resolves once no request is in progress. */
  async whenQuiet(): Promise<void> {
    if (this.#inProgress === 0) return
    await new Promise<void>((resolve) => {
      this.#drained = resolve
    })
  }

  #forget(socket: Socket): void {
    const exchange = this.#open.get(socket)
    this.#open.delete(socket)
    if (exchange !== undefined) this.#ended()
  }

  #ended(): void {
    this.#inProgress -= 1
    if (this.#inProgress === 0) this.#drained?.()
  }
}
