import { type IncomingMessage, type ServerResponse } from 'node:http'
import { toErrorBody } from '../errors/error-body.ts'
import { type GatewayError } from '../errors/gateway-error.ts'
import { pageSecurityHeaders, securityHeaders, securityText } from './base-headers.ts'
import { lingerBeforeClose } from './linger.ts'
import { announcesBody } from './read-body.ts'
import { contextOf, type RequestContext } from './request-context.ts'
import { type AnswerPiece, goesAsText, isWrittenAsText, sendAsText, writeAsText } from './send-as-text.ts'

/** JSON always says its charset: Windows PowerShell reads it as Latin-1 otherwise. */
export const JSON_TYPE = 'application/json; charset=utf-8'

/** A larger body is not worth another copy. */
const MAX_JOINED_BYTES = 8192

/**
 * Writes the head of an answer: the headers that every answer has, then the given ones.
 *
 * @param headers a flat list of names and values
 */
export function writeHead(
  res: ServerResponse,
  status: number,
  headers: readonly string[],
  security: readonly string[] = securityHeaders,
): void {
  res.writeHead(status, security.concat(idsOf(res), headers))
}

/** Anthropic's SDK looks for the id under another name. */
function idsOf(res: ServerResponse): string[] {
  const { id, speaksAnthropic } = contextOf(res.req)
  return speaksAnthropic ? ['x-request-id', id, 'request-id', id] : ['x-request-id', id]
}

/** Sends a whole answer. */
export function sendBody(
  res: ServerResponse,
  status: number,
  headers: readonly string[],
  body: Buffer,
): void {
  contextOf(res.req).record.bytesOut = body.length
  if (body.length <= MAX_JOINED_BYTES && goesAsText(res, status, headers)) {
    const all = idsOf(res)
    for (const part of headers) all.push(part)
    all.push('content-length', String(body.length))
    sendAsText(res, status, { constant: securityText, headers: all }, body.toString('latin1'))
  } else {
    writeHead(res, status, [...headers, 'content-length', String(body.length)])
    res.end(body)
  }
}

/**
 * Sends a piece of an answer whose head was written.
 *
 * @returns false when the client does not keep up: 'drain' follows
 */
export function sendPiece(res: ServerResponse, piece: AnswerPiece): boolean {
  const goesAsOne = piece.length <= MAX_JOINED_BYTES && isWrittenAsText(res, piece)
  return goesAsOne ? writeAsText(res, piece) : res.write(piece, 'latin1')
}

/** Sends an HTML page of ours, which may load our own style sheets and nothing else. */
export function sendPage(res: ServerResponse, page: Buffer): void {
  contextOf(res.req).record.bytesOut = page.length
  const headers = ['content-type', 'text/html; charset=utf-8', 'content-length', String(page.length)]
  writeHead(res, 200, headers, pageSecurityHeaders)
  res.end(page)
}

export function sendJson(
  res: ServerResponse,
  status: number,
  value: unknown,
  headers: readonly string[] = [],
): void {
  sendBody(res, status, ['content-type', JSON_TYPE, ...headers], Buffer.from(JSON.stringify(value)))
}

/** Answers with the error envelope. The connection is closed when the request body was left unread. */
export function sendError(res: ServerResponse, context: RequestContext, error: GatewayError): void {
  context.record.error = error.fields.code ?? error.fields.type
  context.record.cause = error.cause
  const headers = Object.entries(error.headers).flat()
  if (error.closesConnection || isBodyUnread(res.req)) {
    headers.push('connection', 'close')
    lingerBeforeClose(res.req.socket)
  }
  const body = toErrorBody(error, context.id)
  sendJson(res, error.status, context.speaksAnthropic ? { ...body, request_id: context.id } : body, headers)
}

/** Node calls no request complete before its first middleware has returned, also one that announces no body. */
function isBodyUnread(req: IncomingMessage): boolean {
  return !req.complete && announcesBody(req)
}
