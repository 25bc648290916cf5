import { type Request, type Response } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { readBody } from '../http/read-body.ts'
import { contextOf } from '../http/request-context.ts'
import { speechUsage } from '../protocol/token-usage.ts'
import { askForUsage } from '../proxy/ask-for-usage.ts'
import { type Endpoint } from '../proxy/endpoint-table.ts'
import { type Call } from '../proxy/exchange.ts'
import { checkMessages, readModel } from '../services/checks/check-chat.ts'
import { parseJsonObject } from '../services/checks/parse-json-object.ts'
import { refuseSteering } from '../services/checks/refuse-steering.ts'
import { type InferenceDeps } from './inference-deps.ts'

/**
 * Reads and checks a JSON body, and adds it to the call: its own bytes, not a copy of what they mean.
 *
 * @throws {GatewayError} for everything that is refused before it is forwarded
 */
export async function readJsonCall(
  deps: Pick<InferenceDeps, 'limits' | 'clocks'>,
  endpoint: Endpoint,
  call: Call,
  res: Response,
): Promise<Call> {
  const { req } = res
  const { record } = contextOf(req)
  requireJson(req)
  const { maxBodyBytes: maxBytes, maxJsonDepth } = deps.limits
  const bytes = await readBody(req, res, {
    maxBytes,
    variable: 'MPC_MAX_BODY_BYTES',
    idleMs: deps.clocks.bodyIdleMs,
  })
  record.bytesIn = bytes.length
  const body = parseJsonObject(bytes, maxJsonDepth)
  checkBody(endpoint, body)
  if (typeof body['model'] === 'string') record.model = readModel(body)
  const asksForStream = body['stream'] === true || body['stream_format'] === 'sse'
  record.stream = asksForStream
  if (endpoint.route === '/audio/speech' && typeof body['input'] === 'string')
    record.usage = speechUsage(body['input'])
  const asked =
    asksForStream && endpoint.takesStreamOptions ? askForUsage(bytes, body) : { bytes, hidesUsage: false }
  return { ...call, body: asked.bytes, asksForStream, hidesUsage: asked.hidesUsage }
}

/** @throws {GatewayError} when a parsed body steers LiteLLM, or lacks what the endpoint needs */
export function checkBody(endpoint: Endpoint, body: Record<string, unknown>): void {
  refuseSteering(body)
  if (endpoint.requires !== 'nothing') readModel(body)
  if (endpoint.requires === 'model and messages') checkMessages(body)
}

/**
 * @param orElse what the endpoint takes besides, for the error
 * @throws {GatewayError} UNSUPPORTED_MEDIA_TYPE unless the body is declared as JSON in UTF-8
 */
export function requireJson(req: Request, orElse = ''): void {
  const type = req.headers['content-type'] ?? ''
  if (isUtf8Json(type)) return
  throw new GatewayError(
    'UNSUPPORTED_MEDIA_TYPE',
    `The body must be application/json in UTF-8${orElse}, not ${type === '' ? 'undeclared' : type}. With curl add: -H "Content-Type: application/json".`,
  )
}

export function isMultipart(req: Request): boolean {
  return /^multipart\/form-data\s*;/i.test(req.headers['content-type'] ?? '')
}

function isUtf8Json(contentType: string): boolean {
  if (contentType === 'application/json') return true
  const [mediaType = '', ...parameters] = contentType.toLowerCase().split(';')
  if (!/^application\/(?:[\w.-]+\+)?json$/.test(mediaType.trim())) return false
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='))
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset)
}
