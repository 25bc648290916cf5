import { WebSocket } from 'ws'
import { type Closing } from '../protocol/close-code.ts'

const NO_STATUS = 1005

/**
 * A WebSocket that says when it begins to close, whoever began. Its `close` event comes only once everything that
 * waits has been sent and the peer has hung up, which a slow peer can put off for seconds.
 */
export class GatewaySocket extends WebSocket {
  #whenClosing: ((closing: Closing) => void)[] = []

  /** Calls `action` once, with what was said: after an `error` event of the same cause, before `close`. */
  onClosing(action: (closing: Closing) => void): void {
    this.#whenClosing.push(action)
  }

  /** Also called by ws itself, to answer the peer's close frame. */
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason)
    const actions = this.#whenClosing
    this.#whenClosing = []
    queueMicrotask(() => {
      for (const action of actions) action({ code: code ?? NO_STATUS, reason: reason ?? '' })
    })
  }
}
