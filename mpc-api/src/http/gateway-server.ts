import { randomUUID } from 'node:crypto'
import { type Express } from 'express'
import http from 'node:http'
import { type Socket } from 'node:net'
import { toErrorBody } from '../errors/error-body.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { securityHeaders } from './base-headers.ts'
import { type Connections } from './connections.ts'
import { createExpressServer } from './express-server.ts'
import { lingerBeforeClose } from './linger.ts'
import { JSON_TYPE } from './respond.ts'
import { KEEP_ALIVE_MS } from './send-as-text.ts'

/** Told of each answer that was given without the application. */
export type OnRefused = (requestId: string, error: GatewayError) => void

/**
 * The HTTP server around the application. Whatever Node would answer by itself, before Express is asked, carries the
 * error envelope too: parse errors, oversized headers, slow headers, unknown expectations, CONNECT.
 *
 * @param headersMs how long a client may take to send its headers
 */
export function createGatewayServer(app: Express, headersMs: number, onRefused: OnRefused): http.Server {
  const server = createExpressServer(app, {
    // The first middleware refuses a missing Host with the envelope; Node would without.
    requireHostHeader: false,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: headersMs,
    // An upload may take long while it flows; the body reader has a clock for its silences.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(1000, Math.ceil(headersMs / 2)),
  })
  // Node drops headers past this number silently; their total size is bounded anyway.
  server.maxHeadersCount = 0
  return server
    .on('checkContinue', app as http.RequestListener)
    .on('checkExpectation', app as http.RequestListener)
    .on('connect', (_req: http.IncomingMessage, socket: Socket) => {
      const error = new GatewayError('METHOD_NOT_ALLOWED', 'This server is no proxy: CONNECT is not served.')
      onRefused(answerRaw(socket, error), error)
    })
}

/** Answers connections whose bytes Node could not read as a request. */
export function answerUnreadable(server: http.Server, connections: Connections, onRefused: OnRefused): void {
  server.on('clientError', (problem: NodeJS.ErrnoException, socket: Socket) => {
    const exchange = connections.exchangeOn(socket)
    const answersAnother = exchange !== undefined && (exchange.res.headersSent || exchange.req.complete)
    if (problem.code === 'ECONNRESET' || !socket.writable || answersAnother) {
      socket.destroy()
      return
    }
    const error = describe(problem)
    onRefused(answerRaw(socket, error), error)
  })
}

function describe(problem: NodeJS.ErrnoException): GatewayError {
  switch (problem.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new GatewayError(
        'HEADERS_TOO_LARGE',
        `The request headers are larger than ${http.maxHeaderSize} bytes.`,
      )
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new GatewayError('PAYLOAD_TOO_LARGE', 'The chunk extensions of the request body are too large.')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new GatewayError('REQUEST_TIMEOUT', 'The request headers took too long to arrive.')
    default:
      return new GatewayError('BAD_REQUEST', 'The bytes received are not a valid HTTP/1.1 request.')
  }
}

/** @returns the id that the answer names */
function answerRaw(socket: Socket, error: GatewayError): string {
  const requestId = randomUUID()
  const body = JSON.stringify(toErrorBody(error, requestId))
  const head = [
    `HTTP/1.1 ${error.status} ${http.STATUS_CODES[error.status] ?? ''}`,
    ...pairs([...securityHeaders, 'x-request-id', requestId, 'content-type', JSON_TYPE]),
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  lingerBeforeClose(socket)
  socket.on('error', () => socket.destroy())
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
  return requestId
}

function pairs(flat: readonly string[]): string[] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${flat[index + 1] ?? ''}`] : []))
}
