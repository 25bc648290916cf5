import { type HeaderFields } from '../http-client/header-fields.ts'
import { type Answer, type WriteResult } from './answer.ts'
import { toUpstreamError } from './upstream-error.ts'

/** More of an error's text than this is not read. */
const MAX_BYTES = 256 * 1024

/** An answer of LiteLLM that is no success. It is collected, and thrown as the error it stands for. */
export class RefusedAnswer implements Answer {
  readonly started = false
  readonly #status: number
  readonly #headers: HeaderFields
  readonly #chunks: Buffer[] = []
  #size = 0

  constructor(status: number, headers: HeaderFields) {
    this.#status = status
    this.#headers = headers
  }

  write(chunk: Buffer): WriteResult {
    this.#size += chunk.length
    if (this.#size > MAX_BYTES) this.end()
    this.#chunks.push(chunk)
    return 'more'
  }

  end(): never {
    throw toUpstreamError(this.#status, Buffer.concat(this.#chunks), (name) => this.#headers.first(name))
  }

  fail(): never {
    throw new Error('an answer that never starts cannot fail')
  }
}
