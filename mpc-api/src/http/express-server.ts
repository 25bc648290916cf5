import http from 'node:http'
import { type Socket } from 'node:net'
import { type Express } from 'express'
import { createRequestClass } from './body-taker.ts'
import { asksForWebSocket, beginHandshake } from './handshake.ts'

/**
 * Creates the HTTP server of an Express application from request and response classes that already carry Express's
 * prototypes. Express swaps the prototype of both objects on every request; where it is already right, the swap
 * costs nothing, while on Node 20 a real one slows every later access to them (docs/adr/0002).
 *
 * WebSocket handshakes walk the same application as every other request.
 */
export function createExpressServer(app: Express, options: http.ServerOptions): http.Server {
  const { Request, Response } = classesOf(app)
  limitUpgrades(app.request)
  return http
    .createServer({ ...options, IncomingMessage: Request, ServerResponse: Response }, app)
    .on('upgrade', (req: http.IncomingMessage, socket: Socket, head: Buffer) => {
      const res = new Response(req)
      if (beginHandshake(res, socket, head)) (app as http.RequestListener)(req, res)
    })
}

/**
 * Node's classes, with the application's prototypes below their own, and the application set to take those for its own.
 * They are subclasses and no functions that borrow a constructor: V8 reserves room for the fields of all the classes that
 * an object is built by, and turns one that outgrows its room into a slow hash table.
 */
function classesOf(app: Express): {
  Request: typeof http.IncomingMessage
  Response: typeof http.ServerResponse
} {
  const Request = createRequestClass()
  class Response<R extends http.IncomingMessage = http.IncomingMessage> extends http.ServerResponse<R> {}
  Object.setPrototypeOf(Request.prototype, app.request)
  Object.setPrototypeOf(Response.prototype, app.response)
  app.request = Request.prototype as typeof app.request
  app.response = Response.prototype as typeof app.response
  return { Request, Response }
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
