import { type IncomingHttpHeaders } from 'node:http'
import { type WebSocket } from 'ws'
import { toErrorBody } from '../errors/error-body.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { toGatewayError } from '../errors/to-gateway-error.ts'
import { RequestContext } from '../http/request-context.ts'
import { logSocketRequest } from '../middlewares/access-log.ts'
import { type ChatAnswer } from '../protocol/chat-accumulator.ts'
import { type Outlet } from '../proxy/answer.ts'
import { type ExchangeClocks } from '../proxy/clocks.ts'
import { deltaOutlet } from '../proxy/delta-outlet.ts'
import { type Call, Exchange } from '../proxy/exchange.ts'
import { relay } from '../proxy/relay.ts'
import { type Upstream } from '../proxy/upstream.ts'
import { type Admission } from '../services/limits/admission.ts'
import { type Logger } from '../telemetry/logger.ts'
import { toChatCall } from './chat-socket-call.ts'
import { BadFrame, type ChatFrame, readChatFrame } from './chat-socket-frame.ts'
import { FrameSender } from './frame-sender.ts'

export interface ChatSessionDeps {
  upstream: Upstream
  limits: { maxJsonDepth: number }
  clocks: ExchangeClocks
  admission: Admission
  logger: Logger
}

/** Requests that one connection may have under way. */
const MAX_AT_ONCE = 16

/** One client of the chat socket, with the requests that it has under way. */
export class ChatSession {
  readonly #deps: ChatSessionDeps
  readonly #socket: WebSocket
  readonly #sender: FrameSender
  /** Of the handshake. */
  readonly #context: RequestContext
  readonly #headers: IncomingHttpHeaders
  readonly #running = new Map<string, RequestContext>()
  #count = 0
  #isDraining = false

  constructor(
    deps: ChatSessionDeps,
    socket: WebSocket,
    context: RequestContext,
    headers: IncomingHttpHeaders,
  ) {
    this.#deps = deps
    this.#socket = socket
    this.#sender = new FrameSender(socket, context.record)
    this.#context = context
    this.#headers = headers
    socket.on('message', (message: Buffer, isBinary) => this.#onMessage(message, isBinary))
    context.onInterrupted((reason) => {
      for (const request of this.#running.values()) request.interrupt(reason)
      this.drain()
    })
  }

  /** The client has left: whatever it asked for is cancelled. */
  cancelAll(): void {
    for (const request of this.#running.values()) request.markClientGone()
  }

  /** The process is about to end: requests under way may finish, new ones are refused. */
  drain(): void {
    this.#isDraining = true
    if (this.#running.size === 0) this.#socket.close(1001, 'The gateway is shutting down.')
  }

  #onMessage(message: Buffer, isBinary: boolean): void {
    this.#sender.received(message)
    try {
      const frame = readChatFrame(message, isBinary, this.#deps.limits.maxJsonDepth)
      if (frame.type === 'cancel') this.#cancel(frame.id)
      else this.#begin(frame)
    } catch (problem) {
      if (problem instanceof BadFrame) this.#sendError(problem.id, problem.error, this.#context)
      else this.#sendError(null, toGatewayError(problem), this.#context)
    }
  }

  #begin(frame: ChatFrame & { type: 'request' }): void {
    const refusal = this.#refuse(frame.id)
    if (refusal !== undefined) {
      this.#sendError(frame.id, refusal, this.#context)
      return
    }
    this.#count += 1
    const context = RequestContext.beginInSocket(`${this.#context.id}:${this.#count}`)
    context.record.route = '/ws/chat'
    if (this.#context.record.key !== undefined) context.record.key = this.#context.record.key
    this.#running.set(frame.id, context)
    void this.#serve(frame, context)
  }

  #refuse(id: string): GatewayError | undefined {
    if (this.#isDraining)
      return new GatewayError('SERVICE_UNAVAILABLE', 'This gateway is shutting down. Connect again.')
    if (this.#running.has(id))
      return new GatewayError('BAD_REQUEST', `A request with this id is under way.`, { param: 'id' })
    if (this.#running.size < MAX_AT_ONCE) return undefined
    return new GatewayError('RATE_LIMIT_EXCEEDED', `A connection may have ${MAX_AT_ONCE} requests under way.`)
  }

  async #serve(frame: ChatFrame & { type: 'request' }, context: RequestContext): Promise<void> {
    const { id } = frame
    const outlet = deltaOutlet({
      onDelta: ({ index, delta }) => {
        context.record.bytesOut += this.#sender.send({ id, type: 'delta', index, delta })
        return !this.#sender.isFull
      },
      onDone: (answer) => {
        if (this.#settle(id, context, 200)) this.#sender.send(toFinalFrame(id, context.id, answer))
        this.#closeWhenDrained()
      },
      whenReady: (action) => this.#sender.whenReady(action),
    })
    try {
      const call = toChatCall(frame, context, this.#headers, this.#deps.upstream.ownHeaders)
      await this.#forward(call, context, outlet)
      this.#settle(id, context, null)
    } catch (problem) {
      this.#fail(id, context, toGatewayError(problem))
    }
    this.#closeWhenDrained()
  }

  async #forward(call: Call, context: RequestContext, outlet: Outlet): Promise<void> {
    const { admission, upstream, clocks } = this.#deps
    const { caller } = context
    const leave = await admission.enter(caller, (giveUp) => context.onInterrupted(giveUp))
    try {
      await relay(upstream, new Exchange(call, context, outlet, clocks))
    } finally {
      leave()
    }
  }

  #fail(id: string, context: RequestContext, error: GatewayError): void {
    context.record.error = error.fields.code ?? error.fields.type
    context.record.cause = error.cause
    if (this.#settle(id, context, error.status)) this.#sendError(id, error, context)
  }

  #cancel(id: string): void {
    const context = this.#running.get(id)
    // It may have ended while the frame was on its way.
    if (context === undefined) return
    context.markClientGone()
    if (this.#settle(id, context, null)) this.#sender.send({ id, type: 'cancelled', requestId: context.id })
    this.#closeWhenDrained()
  }

  /**
   * Takes a request off the list, and logs it.
   *
   * @returns false when it was settled before, or its client has left
   */
  #settle(id: string, context: RequestContext, status: number | null): boolean {
    if (this.#running.get(id) !== context) return false
    this.#running.delete(id)
    logSocketRequest(this.#deps.logger, context, status)
    return this.#socket.readyState === this.#socket.OPEN
  }

  #closeWhenDrained(): void {
    if (this.#isDraining) this.drain()
  }

  #sendError(id: string | null, error: GatewayError, context: RequestContext): void {
    this.#sender.send({ id, type: 'error', error: toErrorBody(error, context.id)['error'] })
  }
}

function toFinalFrame(id: string, requestId: string, answer: ChatAnswer): Record<string, unknown> {
  const choices = answer.choices.map(({ index, message, finishReason }) => ({
    index,
    message,
    finish_reason: finishReason,
  }))
  const first = choices.find(({ index }) => index === 0) ?? choices[0]
  return {
    id,
    type: 'final',
    requestId,
    model: answer.model,
    message: first?.message ?? null,
    finish_reason: first?.finish_reason ?? null,
    usage: answer.usage,
    ...(choices.length > 1 ? { choices } : {}),
  }
}
