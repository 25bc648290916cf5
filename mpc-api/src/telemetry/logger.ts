import { pino, type Logger } from 'pino'
import pretty from 'pino-pretty'

export type { Logger } from 'pino'

/** Lines are gathered up to this size before they are written; a timer writes the rest. */
const BUFFER_BYTES = 8192
const FLUSH_MS = 250

/**
 * The process's logger: JSON lines on standard output, pretty ones on a terminal.
 *
 * @returns the logger, and what writes the lines still gathered when the process ends
 */
export function createLogger(level: string): { logger: Logger; flush: () => void } {
  if (process.stdout.isTTY) {
    const logger = pino(
      { level },
      pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true }),
    )
    return { logger, flush: () => undefined }
  }
  const destination = pino.destination({
    fd: 1,
    sync: false,
    minLength: BUFFER_BYTES,
    periodicFlush: FLUSH_MS,
  })
  const logger = pino({ level, base: null }, destination)
  return { logger, flush: () => destination.flushSync() }
}
