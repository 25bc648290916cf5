import { type ClientRequest, type IncomingMessage } from 'node:http'
import { type Socket } from 'node:net'
import { GatewayError } from '../errors/gateway-error.ts'
import { ConnectError } from '../http-client/client-errors.ts'
import { GatewaySocket } from '../http/gateway-socket.ts'
import { terminateAfterEnd } from '../http/terminate-after-end.ts'
import { toUpstreamError } from './upstream-error.ts'

export interface ConnectOptions {
  /** `http:` or `https:` address, with its query. */
  url: string
  /** A flat list of names and values. */
  headers: readonly string[]
  /** Subprotocols to offer. */
  protocols: readonly string[]
  maxMessageBytes: number
  /** Limits in ms: for the connection, and for the answer to the handshake. */
  connectMs: number
  firstByteMs: number
  /** Given up when this aborts. */
  signal: AbortSignal
  /** Called with the status that LiteLLM answers the handshake with. */
  onAnswered: (status: number) => void
}

/** More of a refusal's text than this is not read. */
const MAX_REFUSAL_BYTES = 256 * 1024

/** How long LiteLLM may take, in ms, to answer a close frame. The types of ws do not know this option yet. */
const closing = { closeTimeout: 1000 }

/**
 * Opens a WebSocket to LiteLLM.
 *
 * @returns an open WebSocket that is paused, so that nothing is missed before somebody listens
 * @throws {ConnectError} when no connection could be made
 * @throws {GatewayError} when LiteLLM refused the handshake, or did not answer it in time
 */
export function connectSocket(options: ConnectOptions): Promise<GatewaySocket> {
  const { protocols, signal } = options
  // An event that has been will not come again.
  if (signal.aborted) return Promise.reject(givenUp())
  return new Promise((resolve, reject) => {
    let isConnected = false
    const clock = createClock()
    const fail = (problem: Error): void => {
      settle()
      reject(problem)
      webSocket.terminate()
    }
    const webSocket = new GatewaySocket(options.url, [...protocols], {
      headers: toObject(options.headers),
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: options.maxMessageBytes,
      autoPong: false,
      ...closing,
      finishRequest: (request: ClientRequest) => {
        whenConnected(request, () => {
          isConnected = true
          clock.set(options.firstByteMs, () => fail(tookTooLong(options.firstByteMs)))
        })
        clock.set(options.connectMs, () => request.destroy(connectTimeout()))
        request.end()
      },
    })
    const settle = (): void => {
      clock.stop()
      signal.removeEventListener('abort', onAbort)
      webSocket.off('error', onError).on('error', ignoreLateError)
    }
    const onError = (cause: Error): void =>
      fail(isConnected ? badHandshake(cause) : new ConnectError('no connection', { cause }))
    const onAbort = (): void => fail(givenUp())
    signal.addEventListener('abort', onAbort)
    webSocket.on('error', onError)
    webSocket.once('upgrade', (response: IncomingMessage) => {
      // Browsers give up when none of their subprotocols is chosen.
      if (protocols[0] !== undefined) response.headers['sec-websocket-protocol'] ??= protocols[0]
      terminateAfterEnd(webSocket, response.socket)
    })
    webSocket.once('unexpected-response', (_request, response: IncomingMessage) => {
      const status = response.statusCode ?? 500
      options.onAnswered(status)
      void readRefusal(response).then((body) => {
        fail(toUpstreamError(status, body, (name) => response.headers[name]?.toString()))
      })
    })
    webSocket.once('open', () => {
      settle()
      options.onAnswered(101)
      webSocket.pause()
      resolve(webSocket)
    })
  })
}

/** One timer that is set anew for each phase. */
function createClock(): { set: (ms: number, onLate: () => void) => void; stop: () => void } {
  let timer: NodeJS.Timeout | undefined
  return {
    set: (ms, onLate) => {
      clearTimeout(timer)
      timer = setTimeout(onLate, ms)
    },
    stop: () => clearTimeout(timer),
  }
}

function whenConnected(request: ClientRequest, action: () => void): void {
  request.once('socket', (socket: Socket) => {
    if (socket.connecting) socket.once('connect', action)
    else action()
  })
}

/** After the outcome is known an error only repeats that the connection has ended. */
function ignoreLateError(): void {
  return undefined
}

/** What LiteLLM says of its refusal, as far as it comes. */
function readRefusal(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    const done = (): void => resolve(Buffer.concat(chunks))
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAX_REFUSAL_BYTES) response.destroy()
    })
    response.once('end', done).once('close', done).on('error', done)
  })
}

function toObject(headers: readonly string[]): Record<string, string> {
  const object: Record<string, string> = {}
  for (let at = 0; at + 1 < headers.length; at += 2) object[headers[at] as string] = headers[at + 1] as string
  return object
}

function givenUp(): Error {
  return new Error('given up')
}

function connectTimeout(): Error {
  return Object.assign(new Error('connect timeout'), { code: 'ETIMEDOUT' })
}

function badHandshake(cause: Error): GatewayError {
  return new GatewayError('LLM_ERROR', 'LiteLLM did not answer the WebSocket handshake as it should.', {
    cause,
  })
}

function tookTooLong(limitMs: number): GatewayError {
  const clock = 'MPC_FIRST_BYTE_TIMEOUT_MS'
  return new GatewayError('GATEWAY_TIMEOUT', `LiteLLM took longer than ${limitMs} ms (${clock}).`, {
    details: { clock, limitMs },
  })
}
