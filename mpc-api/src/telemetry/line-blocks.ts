import { pino } from 'pino'
import sonic from 'sonic-boom'

/** Lines are gathered up to this size before they are written; a timer writes the rest. Half of what a pipe holds. */
const BLOCK_CHARACTERS = 32 * 1024
const FLUSH_MS = 250
/** So much may wait for who reads slowly or not at all. What comes then is dropped, and counted. */
const MAX_WAITING_CHARACTERS = 8 * 1024 * 1024
/** When what could not be written, to a full disk say, is tried again, in ms. */
const RETRY_MS = 1000
/** How long a slow reader is waited for at the end, in ms. */
const LAST_WORDS_MS = 1000

/**
 * Writes lines in blocks, without ever waiting for whoever reads them. Lines of a block are joined once, not one by one;
 * while a block is on its way, lines wait here. A log that cannot be written stops nothing, and a line says what it lacks.
 */
export class LineBlocks {
  readonly #destination: sonic.SonicBoom
  /** Writes before it returns, which the other cannot: it begins to write at once, elsewhere. */
  readonly #lastDestination: sonic.SonicBoom
  #lines: string[] = []
  #size = 0
  /** Lines that were not kept since the last block was taken. */
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  /** On the clock of `performance.now`. */
  #lastWordsEndAt = 0
  #isWriting = false
  #whenWritten: (() => void) | undefined

  /** @param fd an open file descriptor */
  constructor(fd: number) {
    this.#destination = new sonic.SonicBoom({ fd, sync: false })
    this.#lastDestination = new sonic.SonicBoom({
      fd,
      sync: true,
      retryEAGAIN: () => performance.now() < this.#lastWordsEndAt,
    })
    this.#destination.on('drain', () => this.#written()).on('error', () => this.#retryLater())
    // What it could not write it writes first when it is asked again.
    this.#lastDestination.on('error', () => undefined)
  }

  write(line: string): void {
    if (this.#size + line.length > MAX_WAITING_CHARACTERS) {
      this.#dropped += 1
      return
    }
    this.#lines.push(line)
    this.#size += line.length
    this.#passInTime()
  }

  /**
   * Writes all lines that wait here, before it returns, unless nobody reads them for a while. A block that is on its way may
   * come behind them, or lose its end when the process ends now: who can wait calls `finish`.
   */
  flush(): void {
    this.#disarm()
    if (this.#size === 0) return
    this.#lastWordsEndAt = performance.now() + LAST_WORDS_MS
    this.#lastDestination.write(this.#take())
  }

  /** Writes all lines, after a bounded wait for the block that is on its way. */
  async finish(): Promise<void> {
    if (this.#isWriting) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LAST_WORDS_MS)
        this.#whenWritten = () => {
          clearTimeout(timer)
          resolve()
        }
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

  /** The block that could not be written is still on its way. */
  #retryLater(): void {
    setTimeout(() => this.#destination.write(''), RETRY_MS).unref()
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
    const text = this.#lines.join('') + (this.#dropped === 0 ? '' : toNotice(this.#dropped))
    this.#lines = []
    this.#size = 0
    this.#dropped = 0
    return text
  }
}

/** As pino writes a warning. */
function toNotice(dropped: number): string {
  const notice = {
    level: pino.levels.values['warn'],
    time: Date.now(),
    dropped,
    msg: 'lines were dropped here: nobody took the log in time',
  }
  return `${JSON.stringify(notice)}\n`
}
