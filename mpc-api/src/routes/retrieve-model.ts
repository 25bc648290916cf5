import { type RequestHandler } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { contextOf } from '../http/request-context.ts'
import { sendJson } from '../http/respond.ts'
import { isObject } from '../protocol/is-object.ts'
import { type ExchangeClocks } from '../proxy/clocks.ts'
import { collectingOutlet } from '../proxy/collecting-outlet.ts'
import { Exchange } from '../proxy/exchange.ts'
import { relay } from '../proxy/relay.ts'
import { toOwnCall } from '../proxy/to-call.ts'
import { type Upstream } from '../proxy/upstream.ts'

const PREFIX = '/models/'

/**
 * `GET /models/{id}`, with ids that hold slashes or colons, escaped or not. It is answered from the list: LiteLLM's own
 * route knows no id with a slash.
 */
export function retrieveModel(deps: { upstream: Upstream; clocks: ExchangeClocks }): RequestHandler {
  return async function serveModel(req, res, next) {
    const context = contextOf(req)
    const { apiPath } = context.target
    if (apiPath?.startsWith(PREFIX) !== true) {
      next()
      return
    }
    context.record.route = '/models/{id}'
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      throw new GatewayError('METHOD_NOT_ALLOWED', `${req.method} is not allowed here; use GET.`, {
        headers: { allow: 'GET' },
      })
    }
    const id = decodeURIComponent(apiPath.slice(PREFIX.length))
    const outlet = collectingOutlet()
    const call = toOwnCall(req, '/v1/models', deps.upstream)
    await relay(deps.upstream, new Exchange(call, context, outlet, deps.clocks))
    if (!context.clientGone) sendJson(res, 200, findModel(outlet.read(), id))
  }
}

/** @throws {GatewayError} NOT_FOUND */
function findModel(list: unknown, id: string): unknown {
  const models: unknown = isObject(list) ? list['data'] : undefined
  const found: unknown = Array.isArray(models)
    ? models.find((model) => isObject(model) && model['id'] === id)
    : undefined
  if (found !== undefined) return found
  throw new GatewayError('NOT_FOUND', `There is no model "${id}"; GET /api/models lists what there is.`, {
    param: 'model',
  })
}
