import { GatewayError } from '../errors/gateway-error.ts'
import { ConnectFailure } from './exchange.ts'
import { type Upstream, type UpstreamAddress } from './upstream.ts'

/** Something that is sent to one address, and to another when no connection could be made. */
export interface Attempt {
  /**
   * Sends it, and resolves when all is over.
   *
   * @throws {ConnectFailure} when no connection could be made
   */
  run(upstream: Upstream, address: UpstreamAddress): Promise<void>
  /** True once a connection to LiteLLM carried it. */
  readonly reached: boolean
  /** Called after the last `run`. */
  close(): void
}

/** Pause before a lone address is tried once more: long enough for a restarting LiteLLM to listen again. */
const SECOND_TRY_MS = 150

/**
 * Sends a request to LiteLLM and relays its answer to where the exchange leads it. Another address is tried, or the only one once more,
 * only when no connection could be made: whatever may have reached a model is never sent twice.
 *
 * @throws {GatewayError} when it failed before anything was sent to the client
 */
export async function relay(upstream: Upstream, exchange: Attempt): Promise<void> {
  try {
    await tryAddresses(upstream, exchange)
  } finally {
    exchange.close()
  }
}

async function tryAddresses(upstream: Upstream, exchange: Attempt): Promise<void> {
  const tried = new Set<UpstreamAddress>()
  const attempts = Math.max(2, upstream.addresses.length)
  let failure: ConnectFailure | undefined
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const address = upstream.pick(tried) ?? (await retryLater(upstream, tried))
    if (address === undefined) break
    tried.add(address)
    address.outstanding += 1
    try {
      await exchange.run(upstream, address)
      if (exchange.reached) upstream.reportReached(address)
      return
    } catch (problem) {
      if (!(problem instanceof ConnectFailure)) throw problem
      upstream.reportRefused(address)
      failure = problem
      if (isConnectTimeout(problem.cause)) break
    } finally {
      address.outstanding -= 1
    }
  }
  throw unreachable(failure)
}

async function retryLater(
  upstream: Upstream,
  tried: Set<UpstreamAddress>,
): Promise<UpstreamAddress | undefined> {
  if (tried.size > 1) return undefined
  await new Promise((resolve) => setTimeout(resolve, SECOND_TRY_MS))
  return upstream.pick(new Set())
}

function unreachable(failure: ConnectFailure | undefined): GatewayError {
  const isTimeout = isConnectTimeout(failure?.cause)
  return new GatewayError(
    isTimeout ? 'GATEWAY_TIMEOUT' : 'LLM_ERROR',
    isTimeout
      ? 'LiteLLM did not accept a connection in time (MPC_CONNECT_TIMEOUT_MS).'
      : 'LiteLLM cannot be reached. Check that it is running and that LITELLM_BASE_URL is right.',
    { cause: failure?.cause, ...(isTimeout ? { details: { clock: 'MPC_CONNECT_TIMEOUT_MS' } } : {}) },
  )
}

function isConnectTimeout(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    'code' in cause &&
    (cause.code === 'UND_ERR_CONNECT_TIMEOUT' || cause.code === 'ETIMEDOUT')
  )
}
