import { pino } from 'pino'

/** Lines are gathered up to this size before they are written; a timer writes the rest. */
const BLOCK_CHARACTERS = 64 * 1024
const FLUSH_MS = 250

/** Writes lines in blocks, without ever waiting for whoever reads them. Lines of a block are joined once, not one by one. */
export class LineBlocks {
  readonly #destination: ReturnType<typeof pino.destination>
  #lines: string[] = []
  #size = 0
  #timer: NodeJS.Timeout | undefined

  /** @param fd an open file descriptor */
  constructor(fd: number) {
    this.#destination = pino.destination({ fd, sync: false })
  }

  write(line: string): void {
    this.#lines.push(line)
    this.#size += line.length
    if (this.#size >= BLOCK_CHARACTERS) this.#pass()
    else this.#timer ??= setTimeout(() => this.#pass(), FLUSH_MS).unref()
  }

  /** Writes what is still gathered, before it returns. */
  flush(): void {
    this.#pass()
    this.#destination.flushSync()
  }

  #pass(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#size === 0) return
    this.#destination.write(this.#lines.join(''))
    this.#lines = []
    this.#size = 0
  }
}
