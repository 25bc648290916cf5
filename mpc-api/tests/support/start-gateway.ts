import { Writable } from 'node:stream'
import { pino } from 'pino'
import { readConfig } from '../../src/config/read-config.ts'
import { startGateway as start } from '../../src/gateway.ts'

/** A gateway in this process, on a free port of 127.0.0.1. */
export interface TestGateway {
  readonly url: string
  /** The lines logged so far. */
  logs(): Record<string, unknown>[]
  stop(): Promise<void>
  drain(): Promise<void>
}

/** Starts the gateway with these variables and nothing of the environment. */
export async function startGateway(env: Readonly<Record<string, string>>): Promise<TestGateway> {
  const config = readConfig({ PORT: '0', MPC_HOST: '127.0.0.1', ...env })
  const lines: Record<string, unknown>[] = []
  const record = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(JSON.parse(line.toString()) as Record<string, unknown>)
      done()
    },
  })
  const logger = pino({ level: config.logLevel, base: null }, record)
  const gateway = await start(config, config.upstreamUrls ?? [], logger)
  return {
    url: gateway.url,
    logs: () => lines,
    stop: () => {
      gateway.close()
      return Promise.resolve()
    },
    drain: () => gateway.drain(),
  }
}
