import { type Response } from 'express'
import { contextOf } from '../http/request-context.ts'
import { uploadBody } from '../http/upload-body.ts'
import { MultipartReader, readBoundary } from '../protocol/multipart-reader.ts'
import { type Endpoint } from '../proxy/endpoint-table.ts'
import { type Call } from '../proxy/exchange.ts'
import { readModel } from '../services/checks/check-chat.ts'
import { refuseSteeringField, refuseSteeringFieldText } from '../services/checks/refuse-steering.ts'
import { type InferenceDeps } from './inference-deps.ts'

/**
 * Adds a multipart body to the call. It streams through; its fields are checked as they pass, and what must be refused
 * ends the upload before LiteLLM has seen its end.
 *
 * @throws {GatewayError} for what its headers can be refused for
 */
export function readUploadCall(
  deps: Pick<InferenceDeps, 'limits' | 'clocks'>,
  endpoint: Endpoint,
  call: Call,
  res: Response,
): Call {
  const { req } = res
  const { record } = contextOf(req)
  const reader = new MultipartReader(readBoundary(req.headers['content-type'] ?? ''), {
    onPart: refuseSteeringField,
    onField: (name, value) => {
      refuseSteeringFieldText(name, value)
      if (name === 'model') record.model = readModel({ model: value })
      if (name === 'stream') record.stream = value === 'true'
    },
  })
  const limits = {
    maxBytes: deps.limits.maxUploadBytes,
    variable: 'MPC_MAX_UPLOAD_BYTES',
    idleMs: deps.clocks.bodyIdleMs,
  }
  const body = uploadBody(req, res, limits, {
    push: (chunk) => {
      record.bytesIn += chunk.length
      reader.push(chunk)
    },
    end: () => {
      reader.end()
      if (endpoint.requires !== 'nothing') readModel({ model: record.model })
    },
  })
  const length = req.headers['content-length']
  const headers = length === undefined ? call.headers : [...call.headers, 'content-length', length]
  return { ...call, headers, body }
}
