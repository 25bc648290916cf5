import { type Readable } from 'node:stream'
import { Pool, type Dispatcher } from 'undici'

/**
 * Shorter than the 5 s after which LiteLLM's server (uvicorn) closes an idle connection: a request sent into a closing
 * connection would fail, and a generation is never sent twice.
 */
const KEEP_ALIVE_MS = 3500
const FIRST_LEAVE_OUT_MS = 500
const LONGEST_LEAVE_OUT_MS = 5000

/** One address of LiteLLM. */
export interface UpstreamAddress {
  /** Without a trailing slash or `/v1`; for logs and health. */
  readonly url: string
  /** Requests sent and not yet answered. */
  outstanding: number
  /** False while it refuses connections. */
  available: boolean
}

interface Address extends UpstreamAddress {
  readonly pool: Pool
  readonly basePath: string
  refusals: number
  probeTimer: NodeJS.Timeout | undefined
}

export interface UpstreamOptions {
  urls: readonly string[]
  /** Sent to LiteLLM as the bearer token. */
  key: string | undefined
  connectMs: number
  /** Asks an address whether it is alive, without spending anything. */
  probe: (url: string) => Promise<boolean>
}

/** The addresses of LiteLLM: the least busy one gets the next request, one that refuses connections is left out. */
export class Upstream {
  readonly #addresses: Address[]
  readonly #probe: UpstreamOptions['probe']
  #isClosed = false
  /** Headers that every request to LiteLLM carries, as a flat list. */
  readonly ownHeaders: readonly string[]

  constructor(options: UpstreamOptions) {
    this.#probe = options.probe
    this.#addresses = options.urls.map((url) => createAddress(url, options.connectMs))
    const authorization = options.key === undefined ? [] : ['authorization', `Bearer ${options.key}`]
    this.ownHeaders = [...authorization, 'accept-encoding', 'identity']
  }

  get addresses(): readonly UpstreamAddress[] {
    return this.#addresses
  }

  /**
   * The available address with the fewest outstanding requests; when none is available, the one that would come
   * back first, since a refused connection costs little.
   */
  pick(tried: ReadonlySet<UpstreamAddress>): UpstreamAddress | undefined {
    let best: Address | undefined
    for (const address of this.#addresses) {
      if (tried.has(address)) continue
      if (best === undefined || isBetter(address, best)) best = address
    }
    return best
  }

  /** Sends a request to an address. `path` begins at LiteLLM's root. */
  dispatch(
    to: UpstreamAddress,
    request: {
      method: Dispatcher.HttpMethod
      path: string
      headers: string[]
      body: Buffer | Readable | null
    },
    handler: Dispatcher.DispatchHandler,
  ): void {
    const { pool, basePath } = to as Address
    const { method, path, headers, body } = request
    pool.dispatch({ method, path: basePath + path, headers, body }, handler)
  }

  /** Notes that an address accepted a connection. */
  reportReached(address: UpstreamAddress): void {
    const known = address as Address
    if (known.refusals > 0) bringBack(known)
  }

  /** Notes that no connection could be made: the address is left out, each time for longer, and probed. */
  reportRefused(address: UpstreamAddress): void {
    const known = address as Address
    known.available = false
    known.refusals += 1
    this.#scheduleProbe(known)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const address of this.#addresses) clearTimeout(address.probeTimer)
    await Promise.all(this.#addresses.map((address) => address.pool.destroy()))
  }

  #scheduleProbe(address: Address): void {
    if (this.#isClosed || address.probeTimer !== undefined) return
    const delay = Math.min(LONGEST_LEAVE_OUT_MS, FIRST_LEAVE_OUT_MS * 2 ** Math.min(10, address.refusals - 1))
    address.probeTimer = setTimeout(() => void this.#probeAddress(address), delay).unref()
  }

  async #probeAddress(address: Address): Promise<void> {
    const isAlive = await this.#probe(address.url)
    address.probeTimer = undefined
    if (isAlive) bringBack(address)
    else if (!address.available) this.reportRefused(address)
  }
}

function createAddress(url: string, connectMs: number): Address {
  const { origin, pathname } = new URL(url)
  const basePath = pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  return {
    url: origin + basePath,
    basePath,
    outstanding: 0,
    available: true,
    refusals: 0,
    probeTimer: undefined,
    pool: new Pool(origin, {
      connect: { timeout: connectMs },
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      pipelining: 1,
      // The exchange has its own clocks.
      headersTimeout: 0,
      bodyTimeout: 0,
    }),
  }
}

function isBetter(a: Address, b: Address): boolean {
  if (a.available !== b.available) return a.available
  if (!a.available && a.refusals !== b.refusals) return a.refusals < b.refusals
  return a.outstanding < b.outstanding
}

function bringBack(address: Address): void {
  clearTimeout(address.probeTimer)
  address.probeTimer = undefined
  address.available = true
  address.refusals = 0
}
