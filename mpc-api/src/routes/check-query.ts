import { GatewayError } from '../errors/gateway-error.ts'
import { type Endpoint } from '../proxy/endpoint-table.ts'
import { readModel } from '../services/checks/check-chat.ts'
import { refuseSteeringQuery } from '../services/checks/refuse-steering.ts'

/**
 * Checks what a query says to LiteLLM, which prefers a model that stands there to the one in the body: then another model
 * would answer than was checked and logged.
 *
 * @throws {GatewayError} BAD_REQUEST
 */
export function checkQuery({ body }: Endpoint, query: string): void {
  if (query === '') return
  refuseSteeringQuery(query)
  if (body === 'none') readQueryModel(query)
  else if (new URLSearchParams(query).has('model'))
    throw refusal('model belongs into the body, not into the query.')
}

/**
 * The model that a query names, if it names one. LiteLLM takes the last of several, so only one can be checked and logged.
 *
 * @throws {GatewayError} BAD_REQUEST
 */
export function readQueryModel(query: string): string | undefined {
  const [model, ...others] = new URLSearchParams(query).getAll('model')
  if (others.length > 0) throw refusal('model must stand in the query only once.')
  return model === undefined ? undefined : readModel({ model })
}

function refusal(message: string): GatewayError {
  return new GatewayError('BAD_REQUEST', message, { param: 'model' })
}
