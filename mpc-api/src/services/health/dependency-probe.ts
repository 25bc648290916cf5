import axios from 'axios'

/** How one dependency is doing. */
export interface DependencyState {
  status: 'ok' | 'down'
  /** Duration of the last probe in ms; null when it failed. */
  latency_ms: number | null
}

const CACHED_MS = 5000
const PROBE_TIMEOUT_MS = 2000

/**
 * Asks LiteLLM whether it is alive. Only `/health/liveliness` is ever asked: LiteLLM's `/health` calls every model
 * and costs money.
 */
export async function isAlive(url: string): Promise<boolean> {
  try {
    await axios.get(`${url}/health/liveliness`, { timeout: PROBE_TIMEOUT_MS, maxRedirects: 0, proxy: false })
    return true
  } catch {
    return false
  }
}

/** Probes LiteLLM for the health endpoints; answers are kept for a few seconds and asked for once at a time. */
export class DependencyProbe {
  readonly #urls: () => readonly string[]
  #state: Promise<DependencyState> | undefined
  #probedAt = -Infinity

  constructor(urls: () => readonly string[]) {
    this.#urls = urls
  }

  /** LiteLLM is up when any of its addresses answers. */
  read(): Promise<DependencyState> {
    const now = performance.now()
    if (this.#state === undefined || now - this.#probedAt > CACHED_MS) {
      this.#probedAt = now
      this.#state = probeAny(this.#urls())
    }
    return this.#state
  }
}

async function probeAny(urls: readonly string[]): Promise<DependencyState> {
  const began = performance.now()
  const alive = await Promise.all(urls.map(isAlive))
  if (!alive.includes(true)) return { status: 'down', latency_ms: null }
  return { status: 'ok', latency_ms: Math.round((performance.now() - began) * 10) / 10 }
}
