import { type ServerResponse } from 'node:http'
import { lingerBeforeClose } from './linger.ts'
import { contextOf, type RequestContext } from './request-context.ts'
import { sendBody, writeHead } from './respond.ts'

/** Takes an answer as it is made: one client's response, or a recording that several clients read. */
export interface AnswerSink {
  /** The request that the answer is made for. */
  readonly context: RequestContext
  /** True while what was written has not left yet. */
  readonly isFull: boolean
  /** @param headers a flat list of names and values, besides those that every answer has */
  head(status: number, headers: readonly string[]): void
  /** False when the client does not keep up: write on after `whenReady`. */
  write(bytes: Buffer): boolean
  end(): void
  /** A whole answer: head, bytes and end in one. */
  body(status: number, headers: readonly string[], bytes: Buffer): void
  /** Ends the connection after what was written, without the end that would make the answer look complete. */
  cut(): void
  whenReady(action: () => void): void
}

/** The sink that is one client's response. */
export function clientSink(res: ServerResponse): AnswerSink {
  const context = contextOf(res.req)
  return {
    context,
    get isFull() {
      return res.writableNeedDrain
    },
    head: (status, headers) => writeHead(res, status, headers),
    write: (bytes) => {
      context.record.bytesOut += bytes.length
      return res.write(bytes)
    },
    end: () => void res.end(),
    body: (status, headers, bytes) => sendBody(res, status, headers, bytes),
    cut: () => {
      const { socket } = res.req
      lingerBeforeClose(socket)
      socket.destroySoon()
    },
    whenReady: (action) => void res.once('drain', action),
  }
}
