import { readConfig } from '../../src/config/read-config.ts'
import { startGateway as start } from '../../src/gateway.ts'
import { createJsonLogger } from '../../src/telemetry/logger.ts'

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
  const record = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)
  const logger = createJsonLogger(config.logLevel, { write: record })
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
