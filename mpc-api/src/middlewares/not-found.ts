import { type RequestHandler } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { contextOf } from '../http/request-context.ts'

/** The end of the path: nothing here has this address. */
export const notFound: RequestHandler = (req) => {
  const { path } = contextOf(req).target
  throw new GatewayError('NOT_FOUND', `There is no ${req.method} ${path} here. The API begins at /api.`)
}
