import { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/** Takes the body of a request, piece by piece, as it arrives. Its methods must not throw: Node's parser calls them. */
export interface BodyTaker {
  onData(chunk: Buffer): void
  /** The body is complete. */
  onEnd(): void
  /** Nothing more will come. The body may have been complete before. */
  onCut(): void
}

const taker = Symbol('takes the body')

interface TakeableRequest extends IncomingMessage {
  [taker]: BodyTaker | undefined
}

/**
 * Hands the body of a request to somebody who wants all of it, and who keeps up with whatever comes. Hot path: a request of
 * `createRequestClass` leads it past the buffer and the events of Node's stream, but for 'end'. A body that this stream has
 * begun to read, as that of a pipelined request, comes from there. It can be taken once.
 */
export function takeBody(req: IncomingMessage, by: BodyTaker): void {
  if (req.destroyed) {
    by.onCut()
    return
  }
  const isUntouched = !req.complete && !req.readableDidRead && req.readableLength === 0
  if (isTakeable(req) && isUntouched) {
    if (req[taker] !== undefined) throw new Error('The body of this request is already taken.')
    req[taker] = by
    // As a stream does when it begins to be read: Node reads over what is left of a request that nobody has read.
    req._read(0)
    return
  }
  const onCut = (): void => by.onCut()
  req
    .on('data', (chunk: Buffer) => by.onData(chunk))
    .on('end', () => by.onEnd())
    .on('error', onCut)
    .on('close', onCut)
}

function isTakeable(req: IncomingMessage): req is TakeableRequest {
  return taker in req
}

/** Makes a class of requests whose bodies can be taken: a new one each time, so that its prototypes are its owner's. */
export function createRequestClass(): typeof IncomingMessage {
  class Request extends IncomingMessage implements TakeableRequest {
    [taker]: BodyTaker | undefined = undefined

    /** Called by Node's parser with each piece of the body, and with null at its end. */
    override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
      const by = this[taker]
      if (by === undefined) return super.push(chunk, encoding)
      if (chunk === null) {
        by.onEnd()
        // Node waits for it to let go of a request that was answered before its body was complete, and Express before it
        // gives the answer that nobody else gave.
        this.emit('end')
      } else {
        by.onData(chunk)
      }
      return true
    }

    /** Called also when the connection is lost. */
    override _destroy(problem: Error | null, callback: (problem?: Error | null) => void): void {
      this[taker]?.onCut()
      super._destroy(problem, callback)
    }
  }
  // By these Node and Express know that a request is over. TypeScript takes them for fields, which no getter may replace.
  Object.defineProperties(Request.prototype, {
    readableEnded: {
      get(this: Request) {
        return this[taker] === undefined
          ? Reflect.get(Readable.prototype, 'readableEnded', this)
          : this.complete
      },
    },
    readable: {
      get(this: Request) {
        return this[taker] === undefined ? Reflect.get(Readable.prototype, 'readable', this) : !this.complete
      },
    },
  })
  return Request
}
