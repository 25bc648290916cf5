import { type RequestHandler } from 'express'
import { acceptWebSocket } from '../http/accept-web-socket.ts'
import { checkHandshake } from '../http/check-handshake.ts'
import { endResponse } from '../http/handshake.ts'
import { type LiveSockets } from '../http/live-sockets.ts'
import { contextOf, type RequestContext } from '../http/request-context.ts'
import { readSubprotocols } from '../protocol/subprotocols.ts'
import { RealtimeSession } from '../proxy/realtime-session.ts'
import { relay } from '../proxy/relay.ts'
import { toUpstreamHeaders } from '../proxy/request-headers.ts'
import { type Upstream } from '../proxy/upstream.ts'
import { type Admission } from '../services/limits/admission.ts'
import { refuseSteeringQuery } from '../services/checks/refuse-steering.ts'
import { readQueryModel } from './check-query.ts'

export interface RealtimeDeps {
  upstream: Upstream
  admission: Admission
  limits: { maxBodyBytes: number }
  clocks: { connectMs: number; firstByteMs: number; idleMs: number; pingMs: number }
  corsOrigins: readonly string[]
  sockets: LiveSockets
}

/** `GET /realtime`: a WebSocket that is passed on to LiteLLM's, event by event. */
export function realtime(deps: RealtimeDeps): RequestHandler {
  return async function serveRealtime(req, res, next) {
    const context = contextOf(req)
    const { apiPath, query } = context.target
    if (apiPath !== '/realtime') {
      next()
      return
    }
    const { record } = context
    record.route = apiPath
    checkHandshake(req, deps.corsOrigins)
    refuseSteeringQuery(query)
    record.model = readQueryModel(query)
    const call = {
      path: `/v1/realtime${query}`,
      headers: toUpstreamHeaders(req.headers, deps.upstream.ownHeaders, context.id),
      protocols: readSubprotocols(req.headers['sec-websocket-protocol']).names,
      maxMessageBytes: deps.limits.maxBodyBytes,
      clocks: deps.clocks,
    }
    const session = new RealtimeSession(call, context, deps.sockets, (protocol) =>
      acceptWebSocket(res, {
        protocol,
        maxMessageBytes: deps.limits.maxBodyBytes,
        answersPings: false,
      }),
    )
    await connect(deps, context, session)
    await session.over
    if (res.headersSent) endResponse(res, record.socket !== undefined && record.socket.closeCode !== 1006)
  }
}

/** Takes a place at LiteLLM for the handshake alone: an open session may be idle for hours. */
async function connect(deps: RealtimeDeps, context: RequestContext, session: RealtimeSession): Promise<void> {
  const { caller } = context
  const leave = await deps.admission.enter(caller, (giveUp) => context.onInterrupted(giveUp))
  try {
    await relay(deps.upstream, session)
  } finally {
    leave()
  }
}
