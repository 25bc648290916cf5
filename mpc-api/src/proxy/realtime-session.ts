import { type WebSocket } from 'ws'
import { toErrorBody } from '../errors/error-body.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { type GatewaySocket } from '../http/gateway-socket.ts'
import { keepAlive } from '../http/heartbeat.ts'
import { type LiveSockets } from '../http/live-sockets.ts'
import { type RequestContext } from '../http/request-context.ts'
import { type Closing, relayClosing } from '../protocol/close-code.ts'
import { connectSocket } from './connect-socket.ts'
import { RealtimeTap } from './realtime-tap.ts'
import { type Attempt } from './relay.ts'
import { relayFrames } from './socket-relay.ts'
import { type Upstream, type UpstreamAddress } from './upstream.ts'

export interface RealtimeCall {
  /** Path at LiteLLM's root, with its query. */
  path: string
  /** A flat list of names and values. */
  headers: readonly string[]
  /** Subprotocols that the client offers, without its key. */
  protocols: readonly string[]
  maxMessageBytes: number
  clocks: { connectMs: number; firstByteMs: number; idleMs: number; pingMs: number }
}

/** LiteLLM has been told to close; after this long it is cut off. */
const CUT_OFF_MS = 150

const shuttingDown: Closing = { code: 1001, reason: 'The gateway is shutting down.' }

/**
 * One realtime session: a WebSocket of a client, and the one to LiteLLM that it is passed on to. The client is let in
 * only once LiteLLM has been reached, so that a failure before that keeps its HTTP status.
 */
export class RealtimeSession implements Attempt {
  /** Resolves when the session has ended on both sides, or never began. */
  over: Promise<void> = Promise.resolve()
  readonly #call: RealtimeCall
  readonly #context: RequestContext
  readonly #live: LiveSockets
  readonly #accept: (protocol: string | undefined) => GatewaySocket | undefined
  readonly #giveUp = new AbortController()
  readonly #tap: RealtimeTap
  #client: GatewaySocket | undefined
  #isDraining = false
  #interruption: GatewayError | undefined

  /** @param accept lets the client in, with the subprotocol that LiteLLM chose; undefined when it has left */
  constructor(
    call: RealtimeCall,
    context: RequestContext,
    live: LiveSockets,
    accept: (protocol: string | undefined) => GatewaySocket | undefined,
  ) {
    this.#call = call
    this.#context = context
    this.#live = live
    this.#accept = accept
    this.#tap = new RealtimeTap(context.record)
    context.onInterrupted((reason) => {
      this.#interruption = reason
      this.#giveUp.abort()
      if (reason !== undefined) this.#client?.close(shuttingDown.code, String(shuttingDown.reason))
    })
  }

  /**
   * Connects to an address and lets the client in. The session goes on after that, until `over`.
   *
   * @throws {GatewayError} when it failed before the client was let in
   * @throws {ConnectError} when no connection could be made; `run` may be called again
   */
  async run(
    _upstream: Upstream,
    address: UpstreamAddress,
    onAnswered: (status: number) => void,
  ): Promise<void> {
    const { record } = this.#context
    record.upstream = address.url
    record.upstreamStartMs ??= this.#context.elapsedMs()
    const server = await this.#connect(address, onAnswered)
    if (server === undefined) return
    record.firstByteMs = this.#context.elapsedMs()
    record.upstreamStatus = 101
    const client = this.#accept(server.protocol === '' ? undefined : server.protocol)
    if (client === undefined) server.terminate()
    else this.over = this.#relay(client, server, address)
  }

  /** Nothing is sent to a client before LiteLLM was reached. */
  tell(): boolean {
    return false
  }

  close(): void {
    // The session may only have begun.
  }

  /** Undefined when the client has left meanwhile. */
  async #connect(
    address: UpstreamAddress,
    onAnswered: (status: number) => void,
  ): Promise<GatewaySocket | undefined> {
    const { path, headers, protocols, maxMessageBytes, clocks } = this.#call
    try {
      return await connectSocket({
        url: address.url + path,
        headers,
        protocols,
        maxMessageBytes,
        connectMs: clocks.connectMs,
        firstByteMs: clocks.firstByteMs,
        signal: this.#giveUp.signal,
        onAnswered,
      })
    } catch (problem) {
      if (this.#interruption !== undefined) throw this.#interruption
      if (this.#context.clientGone) return undefined
      throw problem
    }
  }

  async #relay(client: GatewaySocket, server: GatewaySocket, address: UpstreamAddress): Promise<void> {
    address.outstanding += 1
    this.#client = client
    const { record } = this.#context
    const frames = { framesIn: 0, framesOut: 0, closeCode: 1006 }
    record.socket = frames
    const forget = this.#live.add(() => this.#drain())
    const over = Promise.all([whenClosed(client), whenClosed(server)])
    relayFrames(client, server, (message) => {
      frames.framesIn += 1
      record.bytesIn += message.length
    })
    relayFrames(server, client, (message, isBinary) => {
      frames.framesOut += 1
      record.bytesOut += message.length
      if (!isBinary) this.#tap.read(message)
      if (this.#isDraining) this.#drain()
    })
    this.#relayEnds(client, server)
    keepAlive(client, this.#call.clocks)
    keepAlive(server, this.#call.clocks)
    server.resume()
    const [closing] = await over
    frames.closeCode = closing.code
    record.upstreamEndMs = this.#context.elapsedMs()
    address.outstanding -= 1
    forget()
  }

  #relayEnds(client: GatewaySocket, server: GatewaySocket): void {
    const closeServer = (closing: Closing): void => {
      closeWith(server, relayClosing(closing, { code: 1001, reason: 'The client has left.' }))
      const timer = setTimeout(() => server.terminate(), CUT_OFF_MS)
      server.once('close', () => clearTimeout(timer))
    }
    const closeClient = (closing: Closing): void => {
      const lost = { code: 1011, reason: 'LiteLLM ended the connection.' }
      const told = relayClosing(closing, lost)
      if (told === lost) this.#tellOfLoss(client)
      closeWith(client, told)
    }
    client.onClosing(closeServer)
    client.once('close', (code, reason) => closeServer({ code, reason }))
    server.onClosing(closeClient)
    server.once('close', (code, reason) => closeClient({ code, reason }))
    // Whoever broke the protocol or a limit has been told why by a close frame; the other side is not to blame.
    client.on('error', (cause) => {
      this.#context.record.cause = cause
      closeServer({ code: 1001, reason: 'The client has been closed.' })
    })
    server.on('error', (cause) => {
      this.#context.record.cause = cause
      closeClient({ code: 1006, reason: '' })
    })
  }

  /** The last event before the connection is closed, for clients that show events rather than close codes. */
  #tellOfLoss(client: WebSocket): void {
    if (client.readyState !== client.OPEN) return
    const error = new GatewayError('LLM_ERROR', 'The connection to LiteLLM was lost.')
    this.#context.record.error = error.code
    client.send(JSON.stringify(toErrorBody(error, this.#context.id)))
  }

  /** The process is about to end: an answer that is under way may finish. */
  #drain(): void {
    this.#isDraining = true
    if (!this.#tap.isAnswering && this.#client !== undefined) closeWith(this.#client, shuttingDown)
  }
}

function closeWith(webSocket: WebSocket, closing: Closing | undefined): void {
  // A paused side would not see the answer to its close frame.
  webSocket.resume()
  if (closing === undefined) webSocket.close()
  else webSocket.close(closing.code, closing.reason)
}

function whenClosed(webSocket: WebSocket): Promise<Closing> {
  return new Promise((resolve) =>
    webSocket.once('close', (code, reason) => {
      resolve({ code, reason })
    }),
  )
}
