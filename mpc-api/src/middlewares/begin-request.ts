import { type RequestHandler } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { type Connections } from '../http/connections.ts'
import { isClosing } from '../http/linger.ts'
import { RequestContext } from '../http/request-context.ts'
import { readRequestTarget } from '../http/request-target.ts'

/**
 * The first stage: gives the request its context, watches for a client that leaves, and refuses what is no sound
 * HTTP/1.1 request. A pipelined request waits until it is its turn to be answered: before that its client could leave
 * without anybody being told.
 */
export function beginRequest(connections: Connections): RequestHandler {
  return function begin(req, res, next) {
    // Bytes behind a body that was refused unread are not what they look like.
    if (isClosing(req.socket)) return
    if (res.socket === null) {
      res.once('socket', () => {
        try {
          begin(req, res, next)
        } catch (problem) {
          // Nobody else would catch what is thrown out of an event.
          next(problem)
        }
      })
      return
    }
    const context = RequestContext.begin(req)
    connections.begin(req, res)
    res.on('close', () => {
      connections.end(req)
      if (!res.writableFinished) context.markClientGone()
    })
    refuseUnsoundHost(req.rawHeaders, req.httpVersion)
    if (req.headers.expect !== undefined && req.headers.expect.toLowerCase() !== '100-continue') {
      throw new GatewayError('EXPECTATION_FAILED', 'The only expectation that is met is 100-continue.')
    }
    context.target = readRequestTarget(req.url)
    next()
  }
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
