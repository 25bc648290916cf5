import { type RequestHandler } from 'express'
import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { type Socket } from 'node:net'
import { GatewayError } from '../errors/gateway-error.ts'
import { isHandshake } from '../http/handshake.ts'
import { contextOf } from '../http/request-context.ts'
import { readSubprotocols } from '../protocol/subprotocols.ts'
import { type KeyRing } from '../services/keys/key-ring.ts'

const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/
/** Addresses, and names that are nobody's to give: any other may be led to this machine by whoever owns it. */
const OWN_HOST =
  /^(?:(?:[\w-]+\.)?localhost|host\.docker\.internal|\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\])(?::\d+)?$/i

export interface AuthenticateOptions {
  keys: KeyRing
  /** Origins whose pages may call, and under whose hosts it may be called; only asked while no key protects the API. */
  corsOrigins: readonly string[]
  /** True while serving without keys is safe only because nobody but this machine can connect. */
  trustsLoopbackOnly: boolean
}

/**
 * Lets in callers that present a key, by headers alone, before any body is read. Without keys everyone on this machine
 * is served, except web pages from elsewhere: a browser would let any site spend the user's tokens, or read what is kept
 * here under a name of its own (DNS rebinding).
 */
export function authenticate({ keys, corsOrigins, trustsLoopbackOnly }: AuthenticateOptions): RequestHandler {
  // Hot path: clients show the same key with every request of a connection, and a digest takes as long as a whole stage.
  const proven = new WeakMap<Socket, ShownKey>()
  return function checkKey(req, _res, next) {
    const context = contextOf(req)
    if (keys.isOpen) {
      if (trustsLoopbackOnly) refuseForeignPage(req.headers, corsOrigins)
      next()
      return
    }
    const secret = readSecret(req)
    let shown = proven.get(req.socket)
    if (shown === undefined || !isSame(shown.secret, secret)) {
      shown = prove(secret, keys)
      proven.set(req.socket, shown)
    }
    context.record.key = shown.key
    next()
  }
}

interface ShownKey {
  secret: string
  /** The name of the key. */
  key: string
}

/** In constant time: behind a proxy a connection may carry the requests of many. */
function isSame(shown: string, secret: string | undefined): boolean {
  if (shown.length !== secret?.length) return false
  let difference = 0
  for (let at = 0; at < shown.length; at += 1) difference |= shown.charCodeAt(at) ^ secret.charCodeAt(at)
  return difference === 0
}

/** @throws {GatewayError} UNAUTHORIZED unless the secret is that of a key */
function prove(secret: string | undefined, keys: KeyRing): ShownKey {
  const key = secret === undefined ? undefined : keys.find(secret)
  if (secret === undefined || key === undefined) throw unauthorized(secret)
  return { secret, key }
}

/** A browser tells the origin of a page with most requests, but not with a GET to the page's own host. */
function refuseForeignPage({ origin, host }: IncomingHttpHeaders, corsOrigins: readonly string[]): void {
  if (origin !== undefined && !LOOPBACK_ORIGIN.test(origin) && !corsOrigins.includes(origin)) {
    throw new GatewayError(
      'FORBIDDEN',
      'No key protects this API, so web pages from other hosts are not served. Set MPC_API_KEY, or name the page in MPC_CORS_ORIGINS.',
    )
  }
  if (host === undefined || OWN_HOST.test(host)) return
  if (corsOrigins.some((named) => named.replace(/^https?:\/\//, '') === host.toLowerCase())) return
  throw new GatewayError(
    'FORBIDDEN',
    'No key protects this API, so it is not served under this host name. Call localhost, set MPC_API_KEY, or name the host in MPC_CORS_ORIGINS.',
  )
}

function readSecret(req: IncomingMessage): string | undefined {
  const { headers } = req
  const bearer = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const secret = bearer ?? single(headers['x-api-key']) ?? single(headers['api-key'])
  if (secret !== undefined || !isHandshake(req)) return secret
  // A browser can set no header on a WebSocket.
  return readSubprotocols(headers['sec-websocket-protocol']).key
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function unauthorized(secret: string | undefined): GatewayError {
  const message =
    secret === undefined
      ? 'An API key is required: send it as "Authorization: Bearer KEY", "x-api-key: KEY" or "api-key: KEY".'
      : 'The API key is not known here. Check that it is the value of MPC_API_KEY.'
  return new GatewayError('UNAUTHORIZED', message, { headers: { 'www-authenticate': 'Bearer' } })
}
