import { type Request, type RequestHandler, type Response } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { ClientSink } from '../http/answer-sink.ts'
import { announcesBody } from '../http/read-body.ts'
import { contextOf } from '../http/request-context.ts'
import { type Call } from '../proxy/exchange.ts'
import { type EndpointMatch, findEndpoints } from '../proxy/find-endpoint.ts'
import { toCall } from '../proxy/to-call.ts'
import { checkQuery } from './check-query.ts'
import { type InferenceDeps } from './inference-deps.ts'
import { isMultipart, readJsonCall, requireJson } from './json-call.ts'
import { serveOnce } from './serve-once.ts'
import { readUploadCall } from './upload-call.ts'

/** Serves every endpoint of the endpoint table. */
export function inference(deps: InferenceDeps): RequestHandler {
  return async function serveInference(req, res, next) {
    const match = chooseEndpoint(req)
    if (match === undefined) {
      next()
      return
    }
    const context = contextOf(req)
    context.record.route = match.endpoint.route
    checkQuery(match.endpoint, context.target.query)
    const call = await readCall(deps, match, res)
    // The OpenAI SDKs heed this on failures; LiteLLM has tried three times by then.
    if (match.endpoint.isRetriedByLiteLlm) res.setHeader('x-should-retry', 'false')
    await serveOnce(deps, call, req, new ClientSink(res))
  }
}

/** @throws {GatewayError} METHOD_NOT_ALLOWED */
function chooseEndpoint(req: Request): EndpointMatch | undefined {
  const matches = findEndpoints(contextOf(req).target.apiPath ?? '')
  if (matches.length === 0) return undefined
  const method = req.method === 'HEAD' ? 'GET' : req.method
  const match = matches.find(({ endpoint }) => endpoint.method === method)
  if (match !== undefined) return match
  const allowed = matches.map(({ endpoint }) => endpoint.method).join(', ')
  throw new GatewayError('METHOD_NOT_ALLOWED', `${req.method} is not allowed here; use ${allowed}.`, {
    headers: { allow: allowed },
  })
}

function readCall(deps: InferenceDeps, match: EndpointMatch, res: Response): Call | Promise<Call> {
  const { req } = res
  const call = toCall(req, match, deps.upstream)
  switch (match.endpoint.body) {
    case 'none':
      return call
    case 'json':
      return readJsonCall(deps, match.endpoint, call, res)
    case 'json?':
      return announcesBody(req) ? readJsonCall(deps, match.endpoint, call, res) : call
    case 'upload':
      if (isMultipart(req)) return readUploadCall(deps, match.endpoint, call, res)
      requireJson(req, ' or multipart/form-data')
      return readJsonCall(deps, match.endpoint, call, res)
  }
}
