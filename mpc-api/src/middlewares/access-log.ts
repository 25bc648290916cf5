import { type RequestHandler } from 'express'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { pinoHttp } from 'pino-http'
import { type GatewayError } from '../errors/gateway-error.ts'
import { contextOf, type RequestContext } from '../http/request-context.ts'
import { LogEntry, type Logger } from '../telemetry/logger.ts'

/**
 * One line for each request, when its answer is done or its client has left. The line is built from the context's
 * record alone: no header, no body and no query ever reaches the log.
 */
export function accessLog(logger: Logger): RequestHandler {
  return pinoHttp({
    logger: withoutChildren(logger),
    genReqId: (req) => contextOf(req).id,
    quietResLogger: true,
    customLogLevel: (req, res) => (isQuietProbe(req, res) ? 'debug' : levelOf(res.statusCode)),
    customSuccessMessage: () => 'request',
    customErrorMessage: () => 'request',
    customSuccessObject: (req, res) => toEntry(req, res),
    customErrorObject: (req, res) => toEntry(req, res),
  })
}

/**
 * Hot path: pino-http makes two child loggers for each request, to bind the request to what others log with them. Nobody
 * does here, our entry says all there is, and making them takes longer than writing the line.
 */
function withoutChildren(logger: Logger): Logger {
  return Object.assign(logger.child({}), {
    child(this: Logger): Logger {
      return this
    },
  })
}

/** As for every request, for one that came inside a WebSocket. */
export function logSocketRequest(logger: Logger, context: RequestContext, status: number | null): void {
  logger[levelOf(status ?? 0)](describe(context, 'WS', status), 'request')
}

/** As for every request, for bytes that could not be read as one. */
export function logUnreadable(logger: Logger, id: string, error: GatewayError): void {
  const { status, code } = error
  logger[levelOf(status)](
    new LogEntry({ id, method: null, route: null, status, outcome: 'failed', error: code }),
    'request',
  )
}

/** Docker and load balancers ask every few seconds. */
function isQuietProbe(req: IncomingMessage, res: ServerResponse): boolean {
  return res.statusCode === 200 && /^\/health\/(?:live|ready)$/.test(contextOf(req).record.route ?? '')
}

function levelOf(status: number): 'error' | 'warn' | 'info' {
  return status === 500 ? 'error' : status > 500 ? 'warn' : 'info'
}

function toEntry(req: IncomingMessage, res: ServerResponse): LogEntry {
  return describe(contextOf(req), req.method, res.headersSent ? res.statusCode : null)
}

function describe(context: RequestContext, method: string | undefined, status: number | null): LogEntry {
  const { record } = context
  return new LogEntry({
    id: context.id,
    method,
    route: record.route ?? null,
    status,
    outcome: record.error !== undefined ? 'failed' : context.clientGone ? 'client_gone' : 'completed',
    ms: round(context.elapsedMs()),
    key: record.key,
    model: record.model,
    stream: record.stream,
    bytesIn: record.bytesIn,
    bytesOut: record.bytesOut,
    replayed: record.replayed,
    framesIn: record.socket?.framesIn,
    framesOut: record.socket?.framesOut,
    closeCode: record.socket?.closeCode,
    upstream: record.upstream,
    upstreamMs: difference(record.upstreamEndMs, record.upstreamStartMs),
    firstByteMs: difference(record.firstByteMs, record.upstreamStartMs),
    usage: record.usage,
    costMicroUsd: record.costMicroUsd,
    upstreamStatus: record.upstreamStatus,
    error: record.error,
    cause: describeCause(record.cause),
    stack:
      record.error === 'INTERNAL_ERROR' && record.cause instanceof Error ? record.cause.stack : undefined,
  })
}

function difference(end: number | undefined, start: number | undefined): number | undefined {
  return end === undefined || start === undefined ? undefined : round(end - start)
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** Only the code: messages of others may quote a prompt or an answer. */
function describeCause(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
}
