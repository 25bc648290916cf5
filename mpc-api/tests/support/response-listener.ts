import { type ResponseHead } from '../../src/http-client/response-head.ts'
import { type ResponseHandler, type Transfer } from '../../src/http-client/transfer.ts'
import { within } from './within.ts'

export type ResponseEvent = 'head' | 'data' | 'end' | 'error'

/** Notes all that it is told of a response, and may act on the transfer at any event. */
export class ResponseListener implements ResponseHandler {
  /** Set by who sends the request. */
  transfer: Transfer | undefined
  head: ResponseHead | undefined
  problem: Error | undefined
  /** In order, neighbouring pieces of the body as one. */
  readonly events: ResponseEvent[] = []
  readonly chunks: Buffer[] = []
  /** Bytes of the body so far. */
  received = 0
  readonly #act: (transfer: Transfer, event: ResponseEvent) => unknown
  readonly #waiting: (() => void)[] = []

  constructor(act: (transfer: Transfer, event: ResponseEvent) => unknown = () => undefined) {
    this.#act = act
  }

  /** As Latin-1. */
  get body(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }

  /** Resolves as soon as it has been told this event. */
  async until(event: ResponseEvent): Promise<this> {
    const told = async (): Promise<void> => {
      while (!this.events.includes(event)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    await within(4_000, told(), `no ${event} was told, only: ${this.events.join()} ${String(this.problem)}`)
    return this
  }

  onHead(head: ResponseHead): void {
    this.head = head
    this.#tell('head')
  }

  onData(chunk: Buffer): void {
    if (chunk.length === 0) throw new Error('a piece of a body is never empty')
    this.chunks.push(Buffer.from(chunk))
    this.received += chunk.length
    this.#tell('data')
  }

  onEnd(): void {
    this.#tell('end')
  }

  onError(problem: Error): void {
    this.problem = problem
    this.#tell('error')
  }

  #tell(event: ResponseEvent): void {
    if (event !== 'data' || this.events.at(-1) !== 'data') this.events.push(event)
    for (const resolve of this.#waiting.splice(0)) resolve()
    this.#act(this.transfer as Transfer, event)
  }
}
