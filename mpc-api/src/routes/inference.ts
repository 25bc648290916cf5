import { type Request, type RequestHandler, type Response } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { readBody } from '../http/read-body.ts'
import { contextOf } from '../http/request-context.ts'
import { askForUsage } from '../proxy/ask-for-usage.ts'
import { type ExchangeClocks } from '../proxy/clocks.ts'
import { type Endpoint, findEndpoints } from '../proxy/endpoint-table.ts'
import { clientOutlet } from '../proxy/client-outlet.ts'
import { type Call, Exchange } from '../proxy/exchange.ts'
import { relay } from '../proxy/relay.ts'
import { toUpstreamHeaders } from '../proxy/request-headers.ts'
import { type Upstream } from '../proxy/upstream.ts'
import { checkMessages, readModel } from '../services/checks/check-chat.ts'
import { parseJsonObject } from '../services/checks/parse-json-object.ts'
import { refuseSteering, refuseSteeringQuery } from '../services/checks/refuse-steering.ts'

export interface InferenceDeps {
  upstream: Upstream
  limits: { maxBodyBytes: number; maxJsonDepth: number }
  clocks: ExchangeClocks & { bodyIdleMs: number }
}

/** Serves every endpoint of the endpoint table. */
export function inference(deps: InferenceDeps): RequestHandler {
  return async function serveInference(req, res, next) {
    const endpoint = chooseEndpoint(req)
    if (endpoint === undefined) {
      next()
      return
    }
    const context = contextOf(req)
    context.record.route = endpoint.route
    refuseSteeringQuery(context.target.query)
    const call =
      endpoint.body === 'json' ? await readJsonCall(deps, endpoint, req, res) : toCall(deps, endpoint, req)
    await relay(deps.upstream, new Exchange(call, context, clientOutlet(res), deps.clocks))
  }
}

/** @throws {GatewayError} METHOD_NOT_ALLOWED */
function chooseEndpoint(req: Request): Endpoint | undefined {
  const endpoints = findEndpoints(contextOf(req).target.apiPath ?? '')
  if (endpoints.length === 0) return undefined
  const method = req.method === 'HEAD' ? 'GET' : req.method
  const endpoint = endpoints.find((candidate) => candidate.method === method)
  if (endpoint !== undefined) return endpoint
  const allowed = endpoints.map((candidate) => candidate.method).join(', ')
  throw new GatewayError('METHOD_NOT_ALLOWED', `${req.method} is not allowed here; use ${allowed}.`, {
    headers: { allow: allowed },
  })
}

function toCall(deps: InferenceDeps, endpoint: Endpoint, req: Request): Call {
  const context = contextOf(req)
  return {
    method: endpoint.method,
    path: endpoint.upstreamPath + context.target.query,
    headers: toUpstreamHeaders(req.headers, deps.upstream.ownHeaders, context.id),
    body: null,
    asksForStream: false,
    streamDialect: endpoint.streamDialect,
    usageDialect: endpoint.usageDialect,
    hidesUsage: false,
  }
}

async function readJsonCall(
  deps: InferenceDeps,
  endpoint: Endpoint,
  req: Request,
  res: Response,
): Promise<Call> {
  const { record } = contextOf(req)
  requireJson(req)
  const bytes = await readBody(req, res, {
    maxBytes: deps.limits.maxBodyBytes,
    idleMs: deps.clocks.bodyIdleMs,
  })
  record.bytesIn = bytes.length
  const body = parseJsonObject(bytes, deps.limits.maxJsonDepth)
  refuseSteering(body)
  if (endpoint.requires !== 'nothing') record.model = readModel(body)
  if (endpoint.requires === 'model and messages') checkMessages(body)
  const asksForStream = body['stream'] === true
  record.stream = asksForStream
  const asked =
    asksForStream && endpoint.takesStreamOptions ? askForUsage(bytes, body) : { bytes, hidesUsage: false }
  const call = toCall(deps, endpoint, req)
  return { ...call, body: asked.bytes, asksForStream, hidesUsage: asked.hidesUsage }
}

/** @throws {GatewayError} UNSUPPORTED_MEDIA_TYPE unless the body is declared as JSON in UTF-8 */
function requireJson(req: Request): void {
  const type = req.headers['content-type'] ?? ''
  if (isUtf8Json(type)) return
  throw new GatewayError(
    'UNSUPPORTED_MEDIA_TYPE',
    `The body must be application/json in UTF-8, not ${type === '' ? 'undeclared' : type}. With curl add: -H "Content-Type: application/json".`,
  )
}

function isUtf8Json(contentType: string): boolean {
  const [mediaType = '', ...parameters] = contentType.toLowerCase().split(';')
  if (!/^application\/(?:[\w.-]+\+)?json$/.test(mediaType.trim())) return false
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='))
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset)
}
