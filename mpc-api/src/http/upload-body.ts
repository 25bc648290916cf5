import { type IncomingMessage, type ServerResponse } from 'node:http'
import { GatewayError } from '../errors/gateway-error.ts'
import { type BodyLimits, refuseUnreadable, tooLarge } from './read-body.ts'

/** Looks at the bytes of an upload as they pass. */
export interface UploadReader {
  /** May throw a GatewayError to refuse the upload. */
  push(chunk: Buffer): void
  /** The body is complete. May throw, as `push`. */
  end(): void
}

/**
 * A request body that is passed on while it arrives, at the pace at which it is taken, and never held.
 *
 * @throws {GatewayError} at once when the headers announce too much; later, out of the iteration, when the body grows too
 *   large, stops arriving, ends early or is refused by `reader`
 */
export function uploadBody(
  req: IncomingMessage,
  res: ServerResponse,
  limits: BodyLimits,
  reader: UploadReader,
): AsyncIterable<Buffer> {
  refuseUnreadable(req, limits)
  if (req.headers.expect !== undefined) res.writeContinue()
  return { [Symbol.asyncIterator]: () => pass(req, limits, reader) }
}

async function* pass(req: IncomingMessage, limits: BodyLimits, reader: UploadReader): AsyncGenerator<Buffer> {
  let size = 0
  // With its last byte an upload of known length is whole to LiteLLM, so that piece waits for the reader's last word.
  let held: Buffer | undefined
  for (;;) {
    const chunk = await nextChunk(req, limits.idleMs)
    if (chunk === undefined) break
    size += chunk.length
    if (size > limits.maxBytes) throw tooLarge(limits)
    reader.push(chunk)
    if (held !== undefined) yield held
    held = chunk
  }
  reader.end()
  if (held !== undefined) yield held
}

/** The next bytes of a body that is read only when it is asked for, so that it arrives no faster than it leaves. */
function nextChunk(req: IncomingMessage, idleMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(() => reject(stalled(idleMs))), idleMs)
    const onReadable = (): void => {
      const chunk = req.read() as Buffer | null
      if (chunk !== null) settle(() => resolve(chunk))
      else if (req.readableEnded) settle(() => resolve(undefined))
    }
    const onEnd = (): void => settle(() => resolve(undefined))
    const onCut = (): void => settle(() => reject(cut()))
    const settle = (done: () => void): void => {
      clearTimeout(timer)
      req.off('readable', onReadable).off('end', onEnd).off('error', onCut).off('close', onCut)
      done()
    }
    req.on('end', onEnd).on('error', onCut).on('close', onCut).on('readable', onReadable)
    if (req.readableEnded) onEnd()
    else if (req.destroyed) onCut()
    else if (req.readableLength > 0) onReadable()
  })
}

function stalled(idleMs: number): GatewayError {
  return new GatewayError('REQUEST_TIMEOUT', `The upload stopped arriving for ${idleMs} ms.`, {
    details: { clock: 'MPC_BODY_IDLE_TIMEOUT_MS' },
    closesConnection: true,
  })
}

function cut(): GatewayError {
  return new GatewayError('BAD_REQUEST', 'The upload ended before its announced length.', {
    closesConnection: true,
  })
}
