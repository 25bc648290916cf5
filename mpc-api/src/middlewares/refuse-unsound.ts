import { type RequestHandler } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { contextOf } from '../http/request-context.ts'
import { readRequestTarget } from '../http/request-target.ts'

/** Refuses what is no sound HTTP/1.1 request, and reads where the others want to go. */
export const refuseUnsound: RequestHandler = (req, _res, next) => {
  refuseUnsoundHost(req.rawHeaders, req.httpVersion)
  if (req.headers.expect !== undefined && req.headers.expect.toLowerCase() !== '100-continue') {
    throw new GatewayError('EXPECTATION_FAILED', 'The only expectation that is met is 100-continue.')
  }
  contextOf(req).target = readRequestTarget(req.url)
  next()
}

/** RFC 9112 §3.2: exactly one Host. */
function refuseUnsoundHost(rawHeaders: readonly string[], httpVersion: string): void {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0')) {
    throw new GatewayError('BAD_REQUEST', 'The request must have exactly one Host header.', {
      closesConnection: true,
    })
  }
}
