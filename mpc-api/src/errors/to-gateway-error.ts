import { GatewayError } from './gateway-error.ts'

/** Turns whatever was thrown into a GatewayError: ours as it is, Express's own by its status, all else 500. */
export function toGatewayError(thrown: unknown): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  if (readStatus(thrown) === 400) {
    return new GatewayError('BAD_REQUEST', 'The request could not be read. Check its path and encoding.', {
      cause: thrown,
    })
  }
  return new GatewayError(
    'INTERNAL_ERROR',
    'The gateway failed on this request. Its log has the cause under the request id.',
    { cause: thrown },
  )
}

function readStatus(thrown: unknown): number | undefined {
  const isTagged = typeof thrown === 'object' && thrown !== null && 'status' in thrown
  return isTagged && typeof thrown.status === 'number' ? thrown.status : undefined
}
