import { type RequestHandler } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'

/** Turns new work away once the process is about to end; what is running is not touched. */
export function refuseWhileDraining(isDraining: () => boolean): RequestHandler {
  return function checkDraining(_req, _res, next) {
    if (!isDraining()) {
      next()
      return
    }
    throw new GatewayError('SERVICE_UNAVAILABLE', 'This gateway is shutting down. Try again.', {
      headers: { 'retry-after': '1' },
      closesConnection: true,
    })
  }
}
