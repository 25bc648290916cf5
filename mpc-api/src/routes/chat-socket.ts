import { type RequestHandler } from 'express'
import { once } from 'node:events'
import { acceptWebSocket } from '../http/accept-web-socket.ts'
import { checkHandshake } from '../http/check-handshake.ts'
import { endResponse } from '../http/handshake.ts'
import { keepAlive } from '../http/heartbeat.ts'
import { type LiveSockets } from '../http/live-sockets.ts'
import { contextOf } from '../http/request-context.ts'
import { readSubprotocols } from '../protocol/subprotocols.ts'
import { ChatSession, type ChatSessionDeps } from './chat-socket-session.ts'

export interface ChatSocketDeps extends ChatSessionDeps {
  limits: { maxBodyBytes: number; maxJsonDepth: number }
  corsOrigins: readonly string[]
  sockets: LiveSockets
}

/** What a frame may have around the largest body. */
const ENVELOPE_BYTES = 1024

/** `GET /ws/chat`: chat over one WebSocket, for clients that cannot read event streams (docs/websockets.md). */
export function chatSocket(deps: ChatSocketDeps): RequestHandler {
  return async function serveChatSocket(req, res, next) {
    const context = contextOf(req)
    if (context.target.apiPath !== '/ws/chat') {
      next()
      return
    }
    context.record.route = context.target.apiPath
    checkHandshake(req, deps.corsOrigins)
    const socket = acceptWebSocket(res, {
      protocol: readSubprotocols(req.headers['sec-websocket-protocol']).names[0],
      maxMessageBytes: deps.limits.maxBodyBytes + ENVELOPE_BYTES,
      answersPings: true,
    })
    if (socket === undefined) {
      endResponse(res, false)
      return
    }
    const session = new ChatSession(deps, socket, context, req.headers)
    // What breaks the protocol or a limit closes the connection with a code that says so.
    socket.on('error', (problem) => {
      context.record.cause = problem
    })
    keepAlive(socket, deps.clocks)
    socket.onClosing(() => session.cancelAll())
    const forget = deps.sockets.add(() => session.drain())
    const [code] = (await once(socket, 'close')) as [number]
    forget()
    session.cancelAll()
    endResponse(res, code !== 1006)
  }
}
