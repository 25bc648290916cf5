import { type ErrorRequestHandler } from 'express'
import { toGatewayError } from '../errors/to-gateway-error.ts'
import { contextOf } from '../http/request-context.ts'
import { sendError } from '../http/respond.ts'

/** Every failure of every route ends here. After the headers there is nothing left but to cut the connection. */
export const handleError: ErrorRequestHandler = (thrown: unknown, req, res, _next) => {
  const context = contextOf(req)
  const error = toGatewayError(thrown)
  if (res.headersSent) {
    context.record.error = error.code
    context.record.cause = error.cause
    res.destroy()
  } else if (!context.clientGone) {
    sendError(res, context, error)
  }
}
