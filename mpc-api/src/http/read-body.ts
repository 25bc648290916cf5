import { type IncomingMessage, type ServerResponse } from 'node:http'
import { GatewayError } from '../errors/gateway-error.ts'
import { afterTurn } from './after-turn.ts'
import { type BodyTaker, takeBody } from './body-taker.ts'

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

function collect(req: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => takeBody(req, new BodyCollector(limits, resolve, reject)))
}

/** Each piece is an object that may weigh more than its bytes: so many at most are kept apart before they are joined. */
const MAX_PIECES = 1024

/** Keeps a body until it is complete. Most are by the end of the turn that brought the headers: only others get a clock. */
class BodyCollector implements BodyTaker {
  readonly #limits: BodyLimits
  readonly #resolve: (body: Buffer) => void
  readonly #reject: (problem: GatewayError) => void
  /** What came last, piece by piece; before it, what was joined. */
  #pieces: Buffer[] = []
  #joined: Buffer[] = []
  #size = 0
  #isComplete = false
  #isSettled = false
  #timer: NodeJS.Timeout | undefined

  constructor(limits: BodyLimits, resolve: (body: Buffer) => void, reject: (problem: GatewayError) => void) {
    this.#limits = limits
    this.#resolve = resolve
    this.#reject = reject
    afterTurn(0, () => {
      if (this.#isComplete) this.#finish()
      else if (!this.#isSettled) this.#startClock()
    })
  }

  onData(chunk: Buffer): void {
    if (this.#isSettled) return
    this.#size += chunk.length
    this.#pieces.push(chunk)
    if (this.#pieces.length === MAX_PIECES) this.#joinPieces()
    if (this.#size > this.#limits.maxBytes) this.#refuse(tooLarge(this.#limits))
    else this.#timer?.refresh()
  }

  onEnd(): void {
    this.#isComplete = true
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    afterTurn(this.#size, () => this.#finish())
  }

  onCut(): void {
    if (!this.#isComplete) this.#refuse(cut())
  }

  #startClock(): void {
    const { idleMs } = this.#limits
    this.#timer = setTimeout(() => this.#refuse(idle(idleMs)), idleMs)
  }

  #refuse(problem: GatewayError): void {
    if (this.#isSettled) return
    this.#settle()
    this.#reject(problem)
  }

  #finish(): void {
    if (this.#isSettled) return
    const [only] = this.#pieces
    this.#resolve(this.#size === only?.length ? only : Buffer.concat([...this.#joined, ...this.#pieces]))
    this.#settle()
  }

  #joinPieces(): void {
    this.#joined.push(Buffer.concat(this.#pieces))
    this.#pieces = []
  }

  /** What comes now is let pass, and nothing is kept. */
  #settle(): void {
    this.#isSettled = true
    clearTimeout(this.#timer)
    this.#pieces = []
    this.#joined = []
  }
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
