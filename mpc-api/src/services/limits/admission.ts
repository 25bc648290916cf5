import { GatewayError } from '../../errors/gateway-error.ts'

export interface AdmissionLimits {
  /** Requests that may be at LiteLLM at once. */
  maxInFlight: number
  /** Requests that may wait for their turn. */
  maxWaiting: number
  /** Longest wait in ms. */
  maxWaitMs: number
}

interface Waiting {
  admit: () => void
  refuse: (reason: GatewayError) => void
}

/**
 * Bounds how many requests are at LiteLLM. Beyond the bound they wait, each caller in a queue of its own, and the callers
 * take turns: one that sends a thousand requests does not make another wait for all of them.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  /** In the order of the callers' turns. */
  readonly #queues = new Map<string, Waiting[]>()
  /** What every caller that need not wait is given. */
  readonly #admitted = Promise.resolve(() => this.#leave())
  #inFlight = 0
  #waiting = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get waiting(): number {
    return this.#waiting
  }

  /**
   * Takes a place, after a wait if need be.
   *
   * @param caller whose queue to wait in
   * @param onLeave called with what gives up the wait, should the caller leave
   * @returns what gives the place back; call it once
   * @throws {GatewayError} SERVICE_UNAVAILABLE when the queue is full or the wait too long
   */
  enter(caller: string, onLeave: (leave: () => void) => void): Promise<() => void> {
    if (this.#inFlight >= this.#limits.maxInFlight) return this.#wait(caller, onLeave)
    this.#inFlight += 1
    return this.#admitted
  }

  async #wait(caller: string, onLeave: (leave: () => void) => void): Promise<() => void> {
    if (this.#waiting >= this.#limits.maxWaiting) throw busy('Too many requests wait for LiteLLM already.')
    await new Promise<void>((resolve, reject) => {
      const settle = (done: () => void): void => {
        clearTimeout(timer)
        this.#remove(caller, waiting)
        done()
      }
      const waiting: Waiting = {
        admit: () => settle(resolve),
        refuse: (reason) => settle(() => reject(reason)),
      }
      const timer = setTimeout(
        () =>
          waiting.refuse(busy(`LiteLLM had no place for this request within ${this.#limits.maxWaitMs} ms.`)),
        this.#limits.maxWaitMs,
      )
      this.#queues.set(caller, [...(this.#queues.get(caller) ?? []), waiting])
      this.#waiting += 1
      onLeave(() => waiting.refuse(busy('The caller left the queue.')))
    })
    return this.#admitted
  }

  #remove(caller: string, waiting: Waiting): void {
    const queue = this.#queues.get(caller) ?? []
    const rest = queue.filter((other) => other !== waiting)
    if (rest.length === queue.length) return
    this.#waiting -= 1
    if (rest.length === 0) this.#queues.delete(caller)
    else this.#queues.set(caller, rest)
  }

  /** Hands the place to the next caller in turn, or gives it up. */
  #leave(): void {
    const [next] = this.#queues
    if (next === undefined) {
      this.#inFlight -= 1
      return
    }
    const [caller, queue] = next
    queue[0]?.admit()
    const rest = this.#queues.get(caller)
    if (rest === undefined) return
    this.#queues.delete(caller)
    this.#queues.set(caller, rest)
  }
}

function busy(message: string): GatewayError {
  return new GatewayError('SERVICE_UNAVAILABLE', `${message} Try again.`, { headers: { 'retry-after': '1' } })
}
