import { type IncomingMessage } from 'node:http'
import { GatewayError } from '../errors/gateway-error.ts'
import { readSubprotocols } from '../protocol/subprotocols.ts'
import { isHandshake } from './handshake.ts'

const NONCE = /^[+/0-9A-Za-z]{22}==$/

/**
 * Refuses what is no sound WebSocket handshake (RFC 6455 §4.2.1), and pages that may not call this API.
 *
 * @param corsOrigins origins whose pages may call. A browser asks nobody before it opens a WebSocket, so what CORS does
 *   for other requests is done here.
 * @throws {GatewayError} METHOD_NOT_ALLOWED, BAD_REQUEST, FORBIDDEN
 */
export function checkHandshake(req: IncomingMessage, corsOrigins: readonly string[]): void {
  if (req.method !== 'GET') {
    throw new GatewayError('METHOD_NOT_ALLOWED', `${req.method ?? ''} is not allowed here; use GET.`, {
      headers: { allow: 'GET' },
    })
  }
  if (!isHandshake(req)) {
    throw new GatewayError('BAD_REQUEST', 'This address speaks WebSocket: connect with a WebSocket client.', {
      headers: { upgrade: 'websocket' },
    })
  }
  const { headers } = req
  if (headers['sec-websocket-version'] !== '13') {
    throw new GatewayError('BAD_REQUEST', 'Sec-WebSocket-Version must be 13.', {
      headers: { 'sec-websocket-version': '13' },
    })
  }
  if (!NONCE.test(headers['sec-websocket-key'] ?? '')) {
    throw new GatewayError('BAD_REQUEST', 'Sec-WebSocket-Key must be 16 bytes in base64.')
  }
  if (!readSubprotocols(headers['sec-websocket-protocol']).isValid) {
    throw new GatewayError('BAD_REQUEST', 'Sec-WebSocket-Protocol must be a list of different tokens.')
  }
  refuseForeignPage(req, corsOrigins)
}

function refuseForeignPage({ headers }: IncomingMessage, corsOrigins: readonly string[]): void {
  const { origin, host } = headers
  if (origin === undefined || corsOrigins.includes('*') || corsOrigins.includes(origin)) return
  if (URL.canParse(origin) && new URL(origin).host === host) return
  throw new GatewayError(
    'FORBIDDEN',
    'Pages from this origin may not open WebSockets here. Name the origin in MPC_CORS_ORIGINS.',
  )
}
