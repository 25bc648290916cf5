import { ConnectionPool } from '../http-client/connection-pool.ts'
import { type OutgoingRequest } from '../http-client/request-head.ts'
import { type ResponseHandler, type Transfer } from '../http-client/transfer.ts'
import { type BreakerLimits, CircuitBreaker } from './circuit-breaker.ts'

/**
 * Shorter than the 5 s after which LiteLLM's server (uvicorn) closes an idle connection: a request sent into a closing
 * connection would fail, and a generation is never sent twice.
 */
const KEEP_ALIVE_MS = 3500
/** With others to turn to, one refused connection is enough; a lone address may just be restarting. */
const LONE_MAX_REFUSALS = 10

/** One address of LiteLLM. */
export interface UpstreamAddress {
  /** Without a trailing slash or `/v1`; for logs and health. */
  readonly url: string
  /** Requests sent and not yet answered. */
  outstanding: number
  readonly breaker: CircuitBreaker
}

interface Address extends UpstreamAddress {
  readonly pool: ConnectionPool
  readonly basePath: string
  probeTimer: NodeJS.Timeout | undefined
}

export interface UpstreamOptions {
  urls: readonly string[]
  /** Sent to LiteLLM as the bearer token. */
  key: string | undefined
  connectMs: number
  breaker: Omit<BreakerLimits, 'maxRefusals'>
  /** Asks an address whether it is alive, without spending anything. */
  probe: (url: string) => Promise<boolean>
}

/** The addresses of LiteLLM: the least busy one gets the next request, one that keeps failing is left out. */
export class Upstream {
  readonly #addresses: Address[]
  readonly #probe: UpstreamOptions['probe']
  #isClosed = false
  /** Headers that every request to LiteLLM carries, as a flat list. */
  readonly ownHeaders: readonly string[]

  constructor(options: UpstreamOptions) {
    this.#probe = options.probe
    this.#addresses = options.urls.map((url) => createAddress(url, options))
    const authorization = options.key === undefined ? [] : ['authorization', `Bearer ${options.key}`]
    this.ownHeaders = [...authorization, 'accept-encoding', 'identity']
  }

  get addresses(): readonly UpstreamAddress[] {
    return this.#addresses
  }

  /** Time in ms until an address may be tried again; 0 when one may be tried now. */
  get waitMs(): number {
    return Math.min(...this.#addresses.map(({ breaker }) => breaker.waitMs))
  }

  /** The least busy address that its circuit breaker lets through. */
  pick(tried: readonly UpstreamAddress[]): UpstreamAddress | undefined {
    let best: Address | undefined
    for (const address of this.#addresses) {
      if (tried.includes(address) || !address.breaker.admits) continue
      if (best === undefined || address.outstanding < best.outstanding) best = address
    }
    return best
  }

  /**
   * Notes that a request is on its way to an address.
   *
   * @returns the era of its circuit breaker, for what is told of the request later
   */
  begin(address: UpstreamAddress): number {
    address.outstanding += 1
    return address.breaker.begin()
  }

  /** Notes what LiteLLM answered with, as soon as that is known: the answer itself may take long. */
  answered(address: UpstreamAddress, status: number, era: number): void {
    address.breaker.answered(status >= 500, era)
  }

  end(address: UpstreamAddress, era: number): void {
    address.outstanding -= 1
    address.breaker.abandon(era)
  }

  /** Sends a request to an address. Its `path` begins at LiteLLM's root. */
  send(to: UpstreamAddress, request: OutgoingRequest, handler: ResponseHandler): Transfer {
    const { pool, basePath } = to as Address
    const { method, path, headers, body } = request
    return pool.send({ method, path: basePath + path, headers, body }, handler)
  }

  /** Notes that no connection could be made. An address that is left out for it is probed until it is back. */
  reportRefused(address: UpstreamAddress, era: number): void {
    address.breaker.refused(era)
    if (address.breaker.state === 'open') this.#scheduleProbe(address as Address)
  }

  close(): void {
    this.#isClosed = true
    for (const address of this.#addresses) {
      clearTimeout(address.probeTimer)
      address.pool.close()
    }
  }

  #scheduleProbe(address: Address): void {
    if (this.#isClosed || address.probeTimer !== undefined) return
    address.probeTimer = setTimeout(() => void this.#probeAddress(address), address.breaker.waitMs).unref()
  }

  async #probeAddress(address: Address): Promise<void> {
    const { era } = address.breaker
    const isAlive = await this.#probe(address.url)
    address.probeTimer = undefined
    if (isAlive) address.breaker.close()
    else this.reportRefused(address, era)
  }
}

function createAddress(url: string, { urls, connectMs, breaker }: UpstreamOptions): Address {
  const { origin, pathname } = new URL(url)
  const basePath = pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  return {
    url: origin + basePath,
    basePath,
    outstanding: 0,
    breaker: new CircuitBreaker({ ...breaker, maxRefusals: urls.length > 1 ? 1 : LONE_MAX_REFUSALS }),
    probeTimer: undefined,
    pool: new ConnectionPool({ url: origin, connectMs, keepAliveMs: KEEP_ALIVE_MS }),
  }
}
