export interface BreakerLimits {
  /** Failed connections in a row after which an address is left out. */
  maxRefusals: number
  /** Share of failed answers, 0 to 1, above which it is left out. */
  maxErrorRate: number
  /** Answers that must have come within the window before the share means anything. */
  minAnswers: number
  windowMs: number
  /** First and longest time for which it is left out, in ms; each time in a row doubles it. */
  firstOpenMs: number
  longestOpenMs: number
}

export type BreakerState = 'closed' | 'open' | 'half_open'

/**
 * Leaves an address alone that keeps failing. After a while one request at a time may try it (half open): a success
 * closes the circuit, a failure opens it for longer.
 */
export class CircuitBreaker {
  readonly #limits: BreakerLimits
  #answers: { at: number; failed: boolean }[] = []
  #refusals = 0
  #openedTimes = 0
  #opensUntil = 0
  #isTrying = false
  #isOpen = false
  #era = 0

  constructor(limits: BreakerLimits) {
    this.#limits = limits
  }

  get state(): BreakerState {
    if (!this.#isOpen) return 'closed'
    return performance.now() < this.#opensUntil ? 'open' : 'half_open'
  }

  /** Counts the openings and closings: what became of a request that began before the last one says nothing of now. */
  get era(): number {
    return this.#era
  }

  /** True when a request may be sent now. */
  get admits(): boolean {
    return !this.#isOpen || (this.state === 'half_open' && !this.#isTrying)
  }

  /** Time in ms until a request may try again. */
  get waitMs(): number {
    return this.#isOpen ? Math.max(0, this.#opensUntil - performance.now()) : 0
  }

  /**
   * A request is on its way.
   *
   * @returns the era in which it began, which its outcome is told with
   */
  begin(): number {
    if (this.#isOpen) this.#isTrying = true
    return this.#era
  }

  /** The request ended, perhaps without a word on the address: its client left, say. */
  abandon(era: number): void {
    if (era === this.#era) this.#isTrying = false
  }

  /** @param failed LiteLLM itself failed (5xx) */
  answered(failed: boolean, era: number): void {
    if (era !== this.#era) return
    this.#isTrying = false
    this.#refusals = 0
    if (this.#isOpen) {
      if (failed) this.#open()
      else this.close()
      return
    }
    this.#note(failed)
    if (failed && this.#failsTooOften()) this.#open()
  }

  /** No connection could be made. */
  refused(era: number): void {
    if (era !== this.#era) return
    this.#isTrying = false
    this.#refusals += 1
    if (this.#isOpen || this.#refusals >= this.#limits.maxRefusals) this.#open()
  }

  close(): void {
    this.#isOpen = false
    this.#isTrying = false
    this.#era += 1
    this.#openedTimes = 0
    this.#refusals = 0
    this.#answers = []
  }

  #open(): void {
    const { firstOpenMs, longestOpenMs } = this.#limits
    this.#isOpen = true
    this.#era += 1
    this.#opensUntil =
      performance.now() + Math.min(longestOpenMs, firstOpenMs * 2 ** Math.min(20, this.#openedTimes))
    this.#openedTimes += 1
    this.#answers = []
  }

  #note(failed: boolean): void {
    const now = performance.now()
    this.#answers.push({ at: now, failed })
    // Only as many as the share needs are kept: a busy address does not fill the memory.
    if (this.#answers.length > this.#limits.minAnswers) this.#answers.shift()
  }

  #failsTooOften(): boolean {
    const since = performance.now() - this.#limits.windowMs
    const recent = this.#answers.filter(({ at }) => at >= since)
    if (recent.length < this.#limits.minAnswers) return false
    return recent.filter(({ failed }) => failed).length / recent.length >= this.#limits.maxErrorRate
  }
}
