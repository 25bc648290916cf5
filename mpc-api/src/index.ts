import { config as loadDotenv } from 'dotenv'
import { toBanner } from './banner.ts'
import { type Config, ConfigError, readConfig } from './config/read-config.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { createLogger, type ProcessLogger } from './telemetry/logger.ts'
import { chooseUpstream, type ChosenUpstream } from './choose-upstream.ts'

/** npm hands a Ctrl-C on to a process that the terminal has told already; such an echo is no second signal. */
const NPM_ECHO_MS = 200

loadDotenv({ quiet: true })
const { config, log } = configure()
try {
  await serve(config, log)
} catch (problem) {
  log.logger.fatal({ err: problem }, describeStartFailure(problem, config))
  log.flush()
  process.exit(1)
}

function configure(): { config: Config; log: ProcessLogger } {
  try {
    const config = readConfig(process.env)
    return { config, log: createLogger(config.logLevel) }
  } catch (problem) {
    if (!(problem instanceof ConfigError)) throw problem
    process.stderr.write(`${problem.message}\n`)
    process.exit(1)
  }
}

async function serve(config: Config, log: ProcessLogger): Promise<void> {
  const { logger } = log
  const upstream = await chooseUpstream(config)
  const generateModel = config.generateModel ?? (upstream.isDemo ? upstream.model : undefined)
  const gateway = await startGateway({ ...config, generateModel }, upstream.urls, logger)
  for (const warning of config.warnings) logger.warn(warning)
  logger.info({ url: gateway.url, upstream: upstream.urls }, 'listening')
  endOnSignals(gateway, upstream, log)
  log.flush()
  if (config.environment !== 'production') {
    const keyRequired = config.apiKey !== undefined
    process.stdout.write(
      toBanner({ url: gateway.url, upstream: upstream.label, keyRequired, model: upstream.model }),
    )
  }
}

function describeStartFailure(problem: unknown, { host, port }: Config): string {
  const code = problem instanceof Error && 'code' in problem ? problem.code : undefined
  if (code === 'EADDRINUSE')
    return `MPC-API cannot start: port ${port} on ${host} is taken. Stop what uses it, or set PORT.`
  if (code === 'EACCES')
    return `MPC-API cannot start: port ${port} needs more rights. Set PORT to one above 1023.`
  return 'MPC-API cannot start'
}

/** The first signal drains, a second one ends the process at once. */
function endOnSignals(gateway: Gateway, upstream: ChosenUpstream, log: ProcessLogger): void {
  const { logger } = log
  let drainingSince: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    if (drainingSince !== undefined) {
      const isEcho =
        process.env['npm_lifecycle_event'] === 'start' && performance.now() - drainingSince < NPM_ECHO_MS
      if (isEcho) return
      logger.warn({ signal }, 'ending at once')
      log.flush()
      process.exit(1)
    }
    drainingSince = performance.now()
    logger.info({ signal }, 'draining')
    void end(gateway, upstream, log)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

async function end(gateway: Gateway, upstream: ChosenUpstream, log: ProcessLogger): Promise<void> {
  await gateway.drain()
  upstream.close()
  log.logger.info('ended')
  await log.finish()
  process.exit(0)
}
