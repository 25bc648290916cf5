import { pino } from 'pino'

/** Lines are gathered up to this size before they are written; a timer writes the rest. Half of what a pipe holds. */
const BLOCK_CHARACTERS = 32 * 1024
const FLUSH_MS = 250
/** How long a slow reader is waited for at the end, in ms. */
const LAST_WORDS_MS = 1000

/**
 * Writes lines in blocks, without ever waiting for whoever reads them. Lines of a block are joined once, not one by one;
 * while a block is on its way, lines wait here.
 */
export class LineBlocks {
  readonly #destination: ReturnType<typeof pino.destination>
  /** Writes before it returns, which the other cannot: it begins to write at once, elsewhere. */
  readonly #lastDestination: ReturnType<typeof pino.destination>
  #lines: string[] = []
  #size = 0
  #timer: NodeJS.Timeout | undefined
  #isWriting = false
  #whenWritten: (() => void) | undefined

  /** @param fd an open file descriptor */
  constructor(fd: number) {
    this.#destination = pino.destination({ fd, sync: false })
    this.#lastDestination = pino.destination({ fd, sync: true })
    this.#destination.on('drain', () => this.#written())
  }

  write(line: string): void {
    this.#lines.push(line)
    this.#size += line.length
    this.#passInTime()
  }

  /**
   * Writes all lines that wait here, before it returns. A block that is on its way may come behind them, or lose its end when
   * the process ends now: who can wait calls `finish`.
   */
  flush(): void {
    this.#disarm()
    if (this.#size > 0) this.#lastDestination.write(this.#take())
  }

  /** Writes all lines, after a bounded wait for the block that is on its way. */
  async finish(): Promise<void> {
    if (this.#isWriting) {
      await new Promise<void>((resolve) => {
        this.#whenWritten = resolve
        setTimeout(resolve, LAST_WORDS_MS).unref()
      })
    }
    this.flush()
  }

  #written(): void {
    this.#isWriting = false
    // Who waits for the end writes the rest.
    if (this.#whenWritten !== undefined) this.#whenWritten()
    else if (this.#size > 0) this.#passInTime()
  }

  #passInTime(): void {
    if (this.#size >= BLOCK_CHARACTERS) this.#pass()
    else this.#timer ??= setTimeout(() => this.#pass(), FLUSH_MS).unref()
  }

  #pass(): void {
    this.#disarm()
    if (this.#size === 0 || this.#isWriting) return
    this.#isWriting = true
    this.#destination.write(this.#take())
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #take(): string {
    const text = this.#lines.join('')
    this.#lines = []
    this.#size = 0
    return text
  }
}
