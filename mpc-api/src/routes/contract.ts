import { Router, type Request } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { contextOf } from '../http/request-context.ts'
import { JSON_TYPE, sendBody, sendPage } from '../http/respond.ts'
import { publishedContract } from '../services/contract/published-contract.ts'

/** Host and port as a browser or a client writes them. Anything else is not repeated into a document. */
const HOST = /^(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i
const FRESH = ['cache-control', 'no-cache']

/**
 * What the gateway says of itself: `/openapi.json` for machines, `/openapi-3.0.json` for importers that read a part of
 * the format, `/docs` for people. None of them needs a key.
 *
 * @param deps.publicUrl where importers are to call; undefined takes the address that they ask at
 */
export function contract(deps: { publicUrl: string | undefined }): Router {
  const router = Router()
  router.get('/openapi.json', async (req, res) => {
    name(req)
    sendBody(res, 200, ['content-type', JSON_TYPE, ...FRESH], (await publishedContract()).json)
  })
  router.get('/openapi-3.0.json', async (req, res) => {
    name(req)
    const origin = deps.publicUrl ?? originOf(req)
    sendBody(res, 200, ['content-type', JSON_TYPE, ...FRESH], (await publishedContract()).flatFor(origin))
  })
  router.get('/docs', async (req, res) => {
    name(req)
    sendPage(res, (await publishedContract()).pageFor(readersOrigin(req, deps.publicUrl)))
  })
  router.get('/docs/docs.css', async (req, res) => {
    name(req)
    sendBody(res, 200, ['content-type', 'text/css; charset=utf-8', ...FRESH], (await publishedContract()).css)
  })
  router.all(['/openapi.json', '/openapi-3.0.json', '/docs', '/docs/docs.css'], (req) => {
    name(req)
    throw new GatewayError('METHOD_NOT_ALLOWED', `${req.method} is not allowed here; use GET.`, {
      headers: { allow: 'GET' },
    })
  })
  return router
}

function name(req: Request): void {
  const context = contextOf(req)
  context.record.route = context.target.path
}

/** People read at another address than containers call; where both are the same host, ours knows about TLS. */
function readersOrigin(req: Request, publicUrl: string | undefined): string {
  const asked = originOf(req)
  return publicUrl !== undefined && new URL(publicUrl).host === new URL(asked).host ? publicUrl : asked
}

/** @throws {GatewayError} BAD_REQUEST when the Host header names nothing that can be called */
function originOf(req: Request): string {
  const host = req.headers.host ?? ''
  const origin = `http://${host.toLowerCase()}`
  if (HOST.test(host) && URL.canParse(origin)) return origin
  throw new GatewayError('BAD_REQUEST', 'The Host header must name a host, with a port if need be.')
}
