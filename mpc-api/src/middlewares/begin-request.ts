import { type RequestHandler } from 'express'
import { type Connections } from '../http/connections.ts'
import { isClosing } from '../http/linger.ts'
import { RequestContext } from '../http/request-context.ts'

/**
 * The first stage: gives the request its context, and watches for a client that leaves. A pipelined request waits until it is
 * its turn to be answered: before that its client could leave without anybody being told.
 */
export function beginRequest(connections: Connections): RequestHandler {
  return function begin(req, res, next) {
    // Bytes behind a body that was refused unread are not what they look like.
    if (isClosing(req.socket)) return
    if (res.socket === null) {
      res.once('socket', () => {
        begin(req, res, next)
      })
      return
    }
    const context = RequestContext.begin(req)
    connections.begin(req, res)
    res.on('close', () => {
      connections.end(req)
      if (!res.writableFinished) context.markClientGone()
    })
    next()
  }
}
