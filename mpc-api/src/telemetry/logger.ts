import { pino, type LogFn, type Logger } from 'pino'
import pretty from 'pino-pretty'
import { LineBlocks } from './line-blocks.ts'

export type { Logger } from 'pino'

/**
 * What a log line says, all of it JSON values and at least one. Hot path: such a line is written by `JSON.stringify` alone,
 * in half the time that the logger takes to look at each value for what may be special about it.
 */
export class LogEntry {
  readonly values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values
  }
}

/** The process's logger, and what writes the lines that are still gathered. */
export interface ProcessLogger {
  logger: Logger
  /** At once. */
  flush(): void
  /** Before the process ends, after a bounded wait for a slow reader. */
  finish(): Promise<void>
}

/** The process's logger: JSON lines on standard output, pretty ones on a terminal. */
export function createLogger(level: string): ProcessLogger {
  if (process.stdout.isTTY) {
    const printer = pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true })
    const logger = pino({ level, hooks: { logMethod: logValues } }, printer)
    return { logger, flush: () => undefined, finish: () => Promise.resolve() }
  }
  const lines = new LineBlocks(process.stdout.fd)
  process.once('exit', () => {
    try {
      lines.flush()
    } catch {
      // Nobody reads any more.
    }
  })
  return {
    logger: createJsonLogger(level, lines),
    flush: () => lines.flush(),
    finish: () => lines.finish(),
  }
}

/** A logger of JSON lines. */
export function createJsonLogger(level: string, lines: { write(line: string): void }): Logger {
  return pino(
    {
      level,
      base: null,
      hooks: {
        logMethod([entry, message], log, levelNumber) {
          const given: unknown = entry
          if (given instanceof LogEntry) lines.write(toLine(given, levelNumber, message))
          else log.call(this, entry, message)
        },
      },
    },
    lines,
  )
}

/** As the logger itself writes a line: level and time, what it was given, the message. */
function toLine({ values }: LogEntry, level: number, message: unknown): string {
  const members = JSON.stringify(values).slice(1, -1)
  return `{"level":${level},"time":${Date.now()},${members},"msg":${JSON.stringify(message)}}\n`
}

function logValues(this: Logger, [entry, message]: Parameters<LogFn>, log: LogFn): void {
  const given: unknown = entry
  log.call(this, given instanceof LogEntry ? given.values : entry, message)
}
