import http from 'node:http'
import { type Socket } from 'node:net'
import { type Express } from 'express'
import { asksForWebSocket, beginHandshake } from './handshake.ts'

/**
 * Creates the HTTP server of an Express application from request and response classes that already carry Express's
 * prototypes. Express swaps the prototype of both objects on every request; where it is already right, the swap
 * costs nothing, while on Node 20 a real one slows every later access to them (docs/adr/0002).
 *
 * WebSocket handshakes walk the same application as every other request.
 */
export function createExpressServer(app: Express, options: http.ServerOptions): http.Server {
  limitUpgrades(app.request)
  const Response = inheriting(http.ServerResponse, app.response)
  return http
    .createServer(
      {
        ...options,
        IncomingMessage: inheriting(http.IncomingMessage, app.request),
        ServerResponse: Response,
      },
      app,
    )
    .on('upgrade', (req: http.IncomingMessage, socket: Socket, head: Buffer) => {
      const res = new Response(req)
      if (beginHandshake(res, socket, head)) (app as http.RequestListener)(req, res)
    })
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

const asked = Symbol('the client offers another protocol')

interface Upgradable extends http.IncomingMessage {
  [asked]?: boolean
}

/**
 * Once somebody listens for upgrades, Node 20 hands every request that offers another protocol to that listener, also
 * the POSTs of Java's and curl's clients that offer h2c and would be glad of a plain answer. Node asks the request
 * itself, by its property `upgrade`; here that is true for WebSocket handshakes alone, so that all else stays an
 * ordinary request, with its body.
 */
function limitUpgrades(prototype: object): void {
  Object.defineProperty(prototype, 'upgrade', {
    configurable: true,
    get(this: Upgradable) {
      return this[asked] === true && (this.method === 'CONNECT' || asksForWebSocket(this))
    },
    // Most requests ask for nothing and keep the shape they have.
    set(this: Upgradable, value: unknown) {
      if (value === true || this[asked] === true) this[asked] = value === true
    },
  })
}
