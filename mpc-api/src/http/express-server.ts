import http from 'node:http'
import { type Express } from 'express'

/**
 * Creates the HTTP server of an Express application from request and response classes that already carry Express's
 * prototypes. Express swaps the prototype of both objects on every request; where it is already right, the swap
 * costs nothing, while on Node 20 a real one slows every later access to them (docs/adr/0002).
 */
export function createExpressServer(app: Express, options: http.ServerOptions): http.Server {
  return http.createServer(
    {
      ...options,
      IncomingMessage: inheriting(http.IncomingMessage, app.request),
      ServerResponse: inheriting(http.ServerResponse, app.response),
    },
    app,
  )
}

/** A constructor that does what `base` does, for objects whose prototype is `prototype`. */
function inheriting<T extends typeof http.IncomingMessage | typeof http.ServerResponse>(
  base: T,
  prototype: object,
): T {
  // Node's HTTP classes are plain functions, made to be called on an object of a subclass like this.
  const construct = base as unknown as (this: object, ...args: unknown[]) => void
  function Message(this: object, ...args: unknown[]): void {
    construct.apply(this, args)
  }
  Message.prototype = prototype
  return Message as unknown as T
}
