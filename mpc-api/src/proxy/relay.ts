import { GatewayError } from '../errors/gateway-error.ts'
import { ConnectError } from '../http-client/client-errors.ts'
import { type Upstream, type UpstreamAddress } from './upstream.ts'

/** Something that is sent to one address, and to another when no connection could be made. */
export interface Attempt {
  /**
   * Sends it, and resolves when all is over.
   *
   * @param onAnswered called with the status that LiteLLM answers with, before the answer itself
   * @throws {ConnectError} when no connection could be made
   */
  run(upstream: Upstream, address: UpstreamAddress, onAnswered: (status: number) => void): Promise<void>
  /**
   * Tells a client whose answer has already begun that no address could be reached.
   *
   * @returns false when nothing has begun: the failure can still have a status of its own
   */
  tell(failure: GatewayError): boolean
  /** Called after the last `run`. */
  close(): void
}

/** Pause before a lone address is tried once more: long enough for a restarting LiteLLM to listen again. */
const SECOND_TRY_MS = 150

/**
 * Sends a request to LiteLLM and relays its answer to where the exchange leads it. Another address is tried, or the only
 * one once more, only when no connection could be made: whatever may have reached a model is never sent twice.
 *
 * @throws {GatewayError} when it failed before anything was sent to the client
 */
export async function relay(upstream: Upstream, exchange: Attempt): Promise<void> {
  const tried: UpstreamAddress[] = []
  const attempts = Math.max(2, upstream.addresses.length)
  let failure: ConnectError | undefined
  try {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const address = upstream.pick(tried) ?? (await retryLater(upstream, tried))
      if (address === undefined) break
      tried.push(address)
      const era = upstream.begin(address)
      try {
        await exchange.run(upstream, address, (status) => upstream.answered(address, status, era))
        return
      } catch (problem) {
        if (!(problem instanceof ConnectError)) throw problem
        upstream.reportRefused(address, era)
        failure = problem
      } finally {
        upstream.end(address, era)
      }
      if (isConnectTimeout(failure.cause)) break
    }
    const problem = failure === undefined ? circuitOpen(upstream.waitMs) : unreachable(failure)
    if (!exchange.tell(problem)) throw problem
  } finally {
    exchange.close()
  }
}

async function retryLater(
  upstream: Upstream,
  tried: readonly UpstreamAddress[],
): Promise<UpstreamAddress | undefined> {
  if (tried.length !== 1 || upstream.addresses.length !== 1) return undefined
  await new Promise((resolve) => setTimeout(resolve, SECOND_TRY_MS))
  return upstream.pick([])
}

function circuitOpen(waitMs: number): GatewayError {
  return new GatewayError(
    'SERVICE_UNAVAILABLE',
    'LiteLLM keeps failing and is left alone for a moment. Try again.',
    {
      headers: { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) },
    },
  )
}

function unreachable(failure: ConnectError): GatewayError {
  const isTimeout = isConnectTimeout(failure.cause)
  return new GatewayError(
    isTimeout ? 'GATEWAY_TIMEOUT' : 'LLM_ERROR',
    isTimeout
      ? 'LiteLLM did not accept a connection in time (MPC_CONNECT_TIMEOUT_MS).'
      : 'LiteLLM cannot be reached. Check that it is running and that LITELLM_BASE_URL is right.',
    { cause: failure.cause, ...(isTimeout ? { details: { clock: 'MPC_CONNECT_TIMEOUT_MS' } } : {}) },
  )
}

function isConnectTimeout(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('code' in cause)) return false
  return cause.code === 'ETIMEDOUT'
}
