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
  const model = new URLSearchParams(query).get('model')
  if (model === null) return
  if (body === 'none') readModel({ model })
  else
    throw new GatewayError('BAD_REQUEST', 'model belongs into the body, not into the query.', {
      param: 'model',
    })
}
