import { type ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'
import { GatewaySocket } from './gateway-socket.ts'
import { takeSocket } from './handshake.ts'
import { contextOf } from './request-context.ts'
import { terminateAfterEnd } from './terminate-after-end.ts'

export interface AcceptOptions {
  /** The subprotocol to answer with; undefined for none. */
  protocol: string | undefined
  /** Largest message in bytes; a larger one closes the connection with 1009. */
  maxMessageBytes: number
  /** False when pings are passed on to somebody else, who answers them. */
  answersPings: boolean
}

/**
 * How long a client may take, in ms, to answer a close frame, with all that was sent before it. The types of ws do not
 * know this option yet.
 */
const closing = { closeTimeout: 5000 }

/**
 * Answers a handshake that was checked with 101.
 *
 * @returns the open WebSocket, or undefined when the client has left meanwhile
 */
export function acceptWebSocket(res: ServerResponse, options: AcceptOptions): GatewaySocket | undefined {
  const { socket, head } = takeSocket(res)
  const server = new WebSocketServer({
    noServer: true,
    WebSocket: GatewaySocket,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
    autoPong: options.answersPings,
    ...closing,
    handleProtocols: () => options.protocol ?? false,
  })
  server.once('headers', (headers: string[]) => headers.push(`x-request-id: ${contextOf(res.req).id}`))
  let accepted: GatewaySocket | undefined
  server.handleUpgrade(res.req, socket, head, (webSocket) => {
    accepted = webSocket
  })
  if (accepted === undefined) return undefined
  terminateAfterEnd(accepted, socket)
  accepted.resume()
  return accepted
}
