import express, { type Express, type RequestHandler } from 'express'
import { type Deps } from './deps.ts'
import { type Connections } from './http/connections.ts'
import { type LiveSockets } from './http/live-sockets.ts'
import { contextOf } from './http/request-context.ts'
import { accessLog } from './middlewares/access-log.ts'
import { authenticate } from './middlewares/authenticate.ts'
import { beginRequest } from './middlewares/begin-request.ts'
import { crossOrigin } from './middlewares/cross-origin.ts'
import { handleError } from './middlewares/error-handler.ts'
import { notFound } from './middlewares/not-found.ts'
import { refuseWhileDraining } from './middlewares/refuse-while-draining.ts'
import { chatSocket } from './routes/chat-socket.ts'
import { health } from './routes/health.ts'
import { inference } from './routes/inference.ts'
import { realtime } from './routes/realtime.ts'
import { retrieveModel } from './routes/retrieve-model.ts'

/** What the application asks the process that runs it. */
export interface Runtime {
  connections: Connections
  sockets: LiveSockets
  isDraining: () => boolean
  version: string
}

/** The request path, top to bottom. */
export function createApp(deps: Deps, runtime: Runtime): Express {
  const { config, keys, logger, probe, upstream } = deps
  const litellmUrl = upstream.addresses.map((address) => address.url).join(',')
  const { isDraining, sockets, version } = runtime
  const { clocks, corsOrigins, limits } = config

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')

  app.use(beginRequest(runtime.connections))
  app.use(accessLog(logger))
  app.use(crossOrigin(corsOrigins))
  app.use('/health', health({ probe, isDraining, version, litellmUrl }))
  app.use(insideApi(refuseWhileDraining(isDraining)))
  app.use(insideApi(authenticate({ keys, corsOrigins, trustsLoopbackOnly: deps.trustsLoopbackOnly })))
  app.use(inference({ upstream, limits, clocks }))
  app.use(retrieveModel({ upstream, clocks }))
  app.use(realtime({ upstream, limits, clocks, corsOrigins, sockets }))
  app.use(chatSocket({ upstream, limits, clocks, corsOrigins, sockets, logger }))
  app.use(notFound)
  app.use(handleError)
  return app
}

/** Applies a stage to everything below `/api`, `/api/v1` and `/v1`, known route or not. */
function insideApi(stage: RequestHandler): RequestHandler {
  return function stageInsideApi(req, res, next) {
    if (contextOf(req).target.apiPath === undefined) next()
    else void stage(req, res, next)
  }
}
