import express, { type Express, type RequestHandler } from 'express'
import { type Deps } from './deps.ts'
import { type Connections } from './http/connections.ts'
import { inOrder } from './http/in-order.ts'
import { type LiveSockets } from './http/live-sockets.ts'
import { contextOf } from './http/request-context.ts'
import { accessLog } from './middlewares/access-log.ts'
import { authenticate } from './middlewares/authenticate.ts'
import { beginRequest } from './middlewares/begin-request.ts'
import { crossOrigin } from './middlewares/cross-origin.ts'
import { handleError } from './middlewares/error-handler.ts'
import { notFound } from './middlewares/not-found.ts'
import { refuseUnsound } from './middlewares/refuse-unsound.ts'
import { refuseWhileDraining } from './middlewares/refuse-while-draining.ts'
import { chatSocket } from './routes/chat-socket.ts'
import { contract } from './routes/contract.ts'
import { generation, isGeneratePath } from './routes/generate.ts'
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

/** The request path, top to bottom. Every stage costs what is below it, so the routes come by how much they are called. */
export function createApp(deps: Deps, runtime: Runtime): Express {
  const { admission, answers, config, keys, logger, probe, prompts, upstream } = deps
  const { isDraining, sockets, version } = runtime
  const { clocks, corsOrigins, limits } = config

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')

  app.use(
    inOrder(
      beginRequest(runtime.connections),
      accessLog(logger),
      refuseUnsound,
      crossOrigin(corsOrigins),
      behindKey(refuseWhileDraining(isDraining)),
      behindKey(authenticate({ keys, corsOrigins, trustsLoopbackOnly: deps.trustsLoopbackOnly })),
      inference({ upstream, admission, answers, limits, clocks }),
    ),
  )
  app.use(retrieveModel({ upstream, clocks }))
  app.use(
    generation({ upstream, admission, answers, limits, clocks, prompts, defaultModel: config.generateModel }),
  )
  app.use(realtime({ upstream, admission, limits, clocks, corsOrigins, sockets }))
  app.use(chatSocket({ upstream, admission, limits, clocks, corsOrigins, sockets, logger }))
  app.use('/health', health({ probe, isDraining, version, upstream, admission }))
  app.use(contract({ publicUrl: config.publicUrl }))
  app.use(notFound)
  app.use(handleError)
  return app
}

/** Applies a stage to everything below `/api`, `/api/v1`, `/v1` and `/generate`, known route or not. */
function behindKey(stage: RequestHandler): RequestHandler {
  return function stageBehindKey(req, res, next) {
    const { apiPath, path } = contextOf(req).target
    if (apiPath !== undefined || isGeneratePath(path)) return stage(req, res, next)
    next()
    return undefined
  }
}
