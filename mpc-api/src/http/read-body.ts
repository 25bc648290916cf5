import { type IncomingMessage, type ServerResponse } from 'node:http'
import { GatewayError } from '../errors/gateway-error.ts'
import { afterTurn } from './after-turn.ts'

export interface BodyLimits {
  maxBytes: number
  /** The variable that sets `maxBytes`, for the error. */
  variable: string
  /** Longest silence, in ms, while the body is sent. */
  idleMs: number
}

/**
 * Reads a request body to its end. A body that declares itself too large is refused before a byte of it is read, and
 * a client that waits for `100 Continue` is told to go on only now, after everything the headers could be refused for.
 *
 * @throws {GatewayError} PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE (encoded), REQUEST_TIMEOUT, BAD_REQUEST (cut short)
 */
export function readBody(req: IncomingMessage, res: ServerResponse, limits: BodyLimits): Promise<Buffer> {
  refuseUnreadable(req, limits)
  if (req.headers.expect !== undefined) res.writeContinue()
  return collect(req, limits)
}

/** True for a request that has a body, if only an empty chunked one. */
export function announcesBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * Refuses by its headers a body that cannot be read.
 *
 * @throws {GatewayError} PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE
 */
export function refuseUnreadable(req: IncomingMessage, limits: BodyLimits): void {
  const encoding = req.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE', `Send the body without content-encoding (${encoding}).`)
  }
  if (Number(req.headers['content-length'] ?? 0) > limits.maxBytes) throw tooLarge(limits)
}

/**
 * Hot path: the listeners are not taken off again; what comes after the end finds the reading settled, and nothing kept.
 * Most bodies are there by the end of the turn that brought the headers, so only the others are given a clock.
 */
function collect(req: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let isComplete = false
    let isSettled = false
    let timer: NodeJS.Timeout | undefined
    const refuse = (problem: GatewayError): void => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      chunks.length = 0
      reject(problem)
    }
    const finish = (): void => {
      if (isSettled) return
      isSettled = true
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks))
      chunks.length = 0
    }
    const onCut = (): void => {
      if (!isComplete) refuse(cut())
    }
    afterTurn(0, () => {
      if (isComplete) finish()
      else if (!isSettled) timer = setTimeout(() => refuse(idle(limits.idleMs)), limits.idleMs)
    })
    req
      .on('data', (chunk: Buffer) => {
        if (isSettled) return
        size += chunk.length
        chunks.push(chunk)
        if (size > limits.maxBytes) refuse(tooLarge(limits))
        else timer?.refresh()
      })
      .on('end', () => {
        isComplete = true
        if (timer === undefined) return
        clearTimeout(timer)
        afterTurn(size, finish)
      })
      .on('error', onCut)
      .on('close', onCut)
  })
}

export function tooLarge({ maxBytes, variable }: BodyLimits): GatewayError {
  return new GatewayError(
    'PAYLOAD_TOO_LARGE',
    `The request body is larger than ${maxBytes} bytes. Send less, or raise ${variable}.`,
    { details: { maxBytes }, closesConnection: true },
  )
}

function idle(idleMs: number): GatewayError {
  return new GatewayError('REQUEST_TIMEOUT', `The request body stopped arriving for ${idleMs} ms.`, {
    details: { clock: 'MPC_BODY_IDLE_TIMEOUT_MS' },
    closesConnection: true,
  })
}

function cut(): GatewayError {
  return new GatewayError('BAD_REQUEST', 'The request body ended before its announced length.', {
    closesConnection: true,
  })
}
