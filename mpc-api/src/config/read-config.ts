import { configSchema, type RawConfig } from './config-schema.ts'

/** The gateway's configuration: validated, defaults applied, grouped by who reads it. Times in ms, sizes in bytes. */
export interface Config {
  port: number
  host: string
  environment: 'development' | 'production' | 'test'
  logLevel: string
  corsOrigins: string[]
  /** Where importers of the contract are to call, without a slash at the end. */
  publicUrl: string | undefined
  drainTimeoutMs: number
  /** Addresses of LiteLLM; undefined when none is given, so that the process may look for one. */
  upstreamUrls: string[] | undefined
  upstreamKey: string | undefined
  /** The key that callers must send; undefined serves without one. */
  apiKey: string | undefined
  limits: { maxBodyBytes: number; maxUploadBytes: number; maxJsonDepth: number }
  queue: { maxInFlight: number; maxWaiting: number; maxWaitMs: number }
  breaker: { maxErrorRate: number; minAnswers: number }
  idempotency: { ttlMs: number; maxBytes: number }
  clocks: ClockLimits
  /** Writes for `/generate/*` where a request names no model. */
  generateModel: string | undefined
  /** Choices that are allowed but deserve a line in the log. */
  warnings: string[]
}

export interface ClockLimits {
  connectMs: number
  firstByteMs: number
  idleMs: number
  totalMs: number
  streamStartMs: number
  pingMs: number
  headersMs: number
  bodyIdleMs: number
}

/** A random key of this length cannot be guessed. */
const SHORT_KEY = 16

/** Thrown when the environment is unusable; `problems` has one sentence for each variable at fault. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Reads the configuration from environment variables. An empty string counts as unset: Compose passes one for `${X:-}`.
 *
 * @throws {ConfigError} that lists every problem at once
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(
    Object.entries(env).flatMap(([name, value = '']) => (value.trim() === '' ? [] : [[name, value.trim()]])),
  )
  const parsed = configSchema.safeParse(given)
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${describeIssue(issue.message)}`),
    )
  }
  const raw = parsed.data
  const host = raw.MPC_HOST
  const config: Config = {
    port: raw.PORT,
    host,
    environment: raw.NODE_ENV,
    logLevel: raw.LOG_LEVEL,
    corsOrigins: raw.MPC_CORS_ORIGINS,
    publicUrl: raw.MPC_PUBLIC_URL?.replace(/\/+$/, ''),
    drainTimeoutMs: raw.MPC_DRAIN_TIMEOUT_MS,
    upstreamUrls:
      raw.LITELLM_BASE_URL ?? (raw.NODE_ENV === 'production' ? ['http://litellm:4000'] : undefined),
    upstreamKey: raw.LITELLM_API_KEY ?? raw.LITELLM_MASTER_KEY,
    apiKey: raw.MPC_AUTH === 'off' ? undefined : raw.MPC_API_KEY,
    limits: {
      maxBodyBytes: raw.MPC_MAX_BODY_BYTES,
      maxUploadBytes: raw.MPC_MAX_UPLOAD_BYTES,
      maxJsonDepth: raw.MPC_MAX_JSON_DEPTH,
    },
    queue: {
      maxInFlight: raw.MPC_MAX_INFLIGHT,
      maxWaiting: raw.MPC_MAX_QUEUED,
      maxWaitMs: raw.MPC_QUEUE_TIMEOUT_MS,
    },
    breaker: { maxErrorRate: raw.MPC_BREAKER_ERROR_PERCENT / 100, minAnswers: raw.MPC_BREAKER_MIN_ANSWERS },
    idempotency: { ttlMs: raw.MPC_IDEMPOTENCY_TTL_S * 1000, maxBytes: raw.MPC_IDEMPOTENCY_MAX_BYTES },
    clocks: {
      connectMs: raw.MPC_CONNECT_TIMEOUT_MS,
      firstByteMs: raw.MPC_FIRST_BYTE_TIMEOUT_MS,
      idleMs: raw.MPC_IDLE_TIMEOUT_MS,
      totalMs: raw.MPC_TOTAL_TIMEOUT_MS,
      streamStartMs: raw.MPC_STREAM_START_TIMEOUT_MS,
      pingMs: raw.MPC_PING_INTERVAL_MS,
      headersMs: raw.MPC_HEADERS_TIMEOUT_MS,
      bodyIdleMs: raw.MPC_BODY_IDLE_TIMEOUT_MS,
    },
    generateModel: raw.MPC_GENERATE_MODEL,
    warnings: [],
  }
  requireKeyBeyondLoopback(config, raw.MPC_AUTH)
  config.warnings.push(...warningsOf(config, raw))
  return config
}

/** True for the names and addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
}

function describeIssue(message: string): string {
  return message.replace(/^Invalid input: /, '')
}

function requireKeyBeyondLoopback({ apiKey, host }: Config, auth: 'on' | 'off'): void {
  if (apiKey !== undefined || auth === 'off' || isLoopback(host)) return
  throw new ConfigError([
    `MPC_API_KEY: is required while listening on ${host}. Set it, or say MPC_AUTH=off to serve everyone who can reach the port.`,
  ])
}

function warningsOf({ apiKey }: Config, raw: RawConfig): string[] {
  const warnings: string[] = []
  if (raw.MPC_AUTH === 'off') warnings.push('MPC_AUTH=off: everyone who can reach the port is served')
  if (apiKey !== undefined && apiKey.length < SHORT_KEY) {
    warnings.push(`MPC_API_KEY has fewer than ${SHORT_KEY} characters: it can be guessed`)
  }
  if (raw.LITELLM_API_KEY === undefined && raw.LITELLM_MASTER_KEY !== undefined) {
    warnings.push('LITELLM_MASTER_KEY is used to call models: LiteLLM applies no budget or limit to it')
  }
  return warnings
}
