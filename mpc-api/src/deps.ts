import { type Config } from './config/read-config.ts'
import { isLoopback } from './config/read-config.ts'
import { type Recording } from './http/recording.ts'
import { Upstream } from './proxy/upstream.ts'
import { DependencyProbe, isAlive } from './services/health/dependency-probe.ts'
import { loadPrompts, type PromptLibrary } from './services/generation/prompt-library.ts'
import { IdempotencyStore } from './services/idempotency/idempotency-store.ts'
import { KeyRing } from './services/keys/key-ring.ts'
import { Admission } from './services/limits/admission.ts'
import { type Logger } from './telemetry/logger.ts'

/** Everything that the application is made of. */
export interface Deps {
  config: Config
  logger: Logger
  keys: KeyRing
  upstream: Upstream
  admission: Admission
  /** Answers kept for retries. */
  answers: IdempotencyStore<Recording>
  probe: DependencyProbe
  prompts: PromptLibrary
  /** True when serving without keys is safe only because no other machine can connect. */
  trustsLoopbackOnly: boolean
}

/** Chooses the implementations. `upstreamUrls` are the addresses of LiteLLM in force. */
export function createDeps(config: Config, upstreamUrls: readonly string[], logger: Logger): Deps {
  const upstream = new Upstream({
    urls: upstreamUrls,
    key: config.upstreamKey,
    connectMs: config.clocks.connectMs,
    breaker: { ...config.breaker, windowMs: 10_000, firstOpenMs: 500, longestOpenMs: 5000 },
    probe: isAlive,
  })
  return {
    config,
    logger,
    keys: new KeyRing(config.apiKey === undefined ? [] : [{ name: 'MPC_API_KEY', secret: config.apiKey }]),
    upstream,
    admission: new Admission(config.queue),
    answers: new IdempotencyStore<Recording>(config.idempotency.ttlMs, config.idempotency.maxBytes),
    probe: new DependencyProbe(() => upstream.addresses.map((address) => address.url)),
    prompts: loadPrompts(),
    trustsLoopbackOnly: isLoopback(config.host),
  }
}
