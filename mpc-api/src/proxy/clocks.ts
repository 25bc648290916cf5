/** Limits in ms of one exchange with LiteLLM. */
export interface ExchangeClocks {
  firstByteMs: number
  idleMs: number
  totalMs: number
  streamStartMs: number
  pingMs: number
}

export interface ClockEvents {
  /** A limit was exceeded; nothing fires after it. */
  expired(
    clock: 'MPC_FIRST_BYTE_TIMEOUT_MS' | 'MPC_IDLE_TIMEOUT_MS' | 'MPC_TOTAL_TIMEOUT_MS',
    limitMs: number,
  ): void
  /** A stream's first byte has been awaited long enough. */
  startStream(): void
  /** A started stream has been silent long enough. */
  ping(): void
}

/**
 * The clocks of one exchange, all on one timer: a chunk only notes the time, and the timer looks at the notes when it
 * fires. So a chunk costs no timer. Times are those of `performance.now`.
 */
export class Clocks {
  readonly #limits: ExchangeClocks
  readonly #events: ClockEvents
  readonly #begun = performance.now()
  #timer: NodeJS.Timeout | undefined
  #firstByteSeen = false
  #lastReceived: number
  #streamStart: 'none' | 'due' | 'started'
  #lastSent: number
  #paused = false
  #stopped = false

  constructor(limits: ExchangeClocks, events: ClockEvents, asksForStream: boolean) {
    this.#limits = limits
    this.#events = events
    this.#lastReceived = this.#begun
    this.#lastSent = this.#begun
    this.#streamStart = asksForStream ? 'due' : 'none'
    this.#arm()
  }

  /** Notes that bytes came from LiteLLM. */
  received(now: number): void {
    this.#firstByteSeen = true
    this.#lastReceived = now
  }

  /** Notes that bytes of a stream went to the client; from now on its silences are pinged. */
  sent(now: number): void {
    const isFirst = this.#streamStart !== 'started'
    this.#noteSent(now)
    if (isFirst) this.#arm()
  }

  /** While the client does not read, or still uploads, LiteLLM's silence is not LiteLLM's fault. */
  setPaused(paused: boolean): void {
    this.#paused = paused
    this.#lastReceived = performance.now()
    this.#arm()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #noteSent(now: number): void {
    this.#lastSent = now
    this.#streamStart = 'started'
  }

  #arm(): void {
    if (this.#stopped) return
    clearTimeout(this.#timer)
    const now = performance.now()
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, Math.ceil(this.#nextDeadline() - now)))
  }

  #nextDeadline(): number {
    const { totalMs, firstByteMs, idleMs, streamStartMs, pingMs } = this.#limits
    const silence = this.#lastReceived + (this.#firstByteSeen ? idleMs : firstByteMs)
    const stream =
      this.#streamStart === 'due'
        ? this.#begun + streamStartMs
        : this.#streamStart === 'started'
          ? this.#lastSent + pingMs
          : Infinity
    return Math.min(this.#begun + totalMs, this.#paused ? Infinity : silence, stream)
  }

  #tick(): void {
    const now = performance.now()
    const { totalMs, firstByteMs, idleMs, streamStartMs, pingMs } = this.#limits
    if (now >= this.#begun + totalMs) {
      this.#events.expired('MPC_TOTAL_TIMEOUT_MS', totalMs)
      return
    }
    if (!this.#paused && !this.#firstByteSeen && now >= this.#lastReceived + firstByteMs) {
      this.#events.expired('MPC_FIRST_BYTE_TIMEOUT_MS', firstByteMs)
      return
    }
    if (!this.#paused && this.#firstByteSeen && now >= this.#lastReceived + idleMs) {
      this.#events.expired('MPC_IDLE_TIMEOUT_MS', idleMs)
      return
    }
    if (this.#streamStart === 'due' && now >= this.#begun + streamStartMs) {
      this.#noteSent(now)
      this.#events.startStream()
    } else if (this.#streamStart === 'started' && now >= this.#lastSent + pingMs) {
      this.#noteSent(now)
      this.#events.ping()
    }
    this.#arm()
  }
}
