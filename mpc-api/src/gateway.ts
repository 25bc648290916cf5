import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { createApp } from './app.ts'
import { type Config } from './config/read-config.ts'
import { createDeps } from './deps.ts'
import { GatewayError } from './errors/gateway-error.ts'
import { Connections } from './http/connections.ts'
import { answerUnreadable, createGatewayServer, type OnRefused } from './http/gateway-server.ts'
import { LiveSockets } from './http/live-sockets.ts'
import { contextOf } from './http/request-context.ts'
import { logUnreadable } from './middlewares/access-log.ts'
import { type Logger } from './telemetry/logger.ts'
import { version } from './version.ts'

/** Time for a client to take in the error that ends its request. */
const LAST_WORDS_MS = 1500

/** A running gateway. */
export interface Gateway {
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  url: string
  /**
   * Ends it gracefully: readiness turns to 503, new requests are refused, running ones may finish for the configured
   * time, then every connection is closed.
   */
  drain(): Promise<void>
  /** Ends it at once. */
  close(): void
}

/**
 * Builds the gateway and listens.
 *
 * @param upstreamUrls addresses of LiteLLM
 * @throws when the port cannot be had
 */
export async function startGateway(
  config: Config,
  upstreamUrls: readonly string[],
  logger: Logger,
): Promise<Gateway> {
  const deps = createDeps(config, upstreamUrls, logger)
  let isDraining = false
  const connections = new Connections()
  const sockets = new LiveSockets()
  const app = createApp(deps, { connections, sockets, isDraining: () => isDraining, version })
  const onRefused: OnRefused = (id, error) => logUnreadable(logger, id, error)
  const server = createGatewayServer(app, config.clocks.headersMs, onRefused)
  connections.watch(server)
  answerUnreadable(server, connections, onRefused)
  server.listen(config.port, config.host)
  await once(server, 'listening')

  const close = (): void => {
    server.close()
    connections.closeAll()
    deps.upstream.close()
  }
  const drain = async (): Promise<void> => {
    isDraining = true
    connections.closeIdle()
    sockets.drain()
    await Promise.race([connections.whenQuiet(), timeout(config.drainTimeoutMs)])
    for (const req of connections.requests()) contextOf(req).interrupt(shuttingDown())
    await Promise.race([connections.whenQuiet(), timeout(LAST_WORDS_MS)])
    close()
  }
  return { url: toUrl(server.address() as AddressInfo), drain, close }
}

function shuttingDown(): GatewayError {
  return new GatewayError(
    'SERVICE_UNAVAILABLE',
    'The gateway is shutting down and could not wait any longer.',
  )
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref())
}

function toUrl({ address, family, port }: AddressInfo): string {
  const host =
    address === '0.0.0.0' || address === '::' ? 'localhost' : family === 'IPv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}
