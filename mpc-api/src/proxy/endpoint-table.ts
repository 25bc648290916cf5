import { chatDialect, type StreamDialect } from '../protocol/stream-dialect.ts'
import { type UsageDialect } from '../protocol/token-usage.ts'

/** One inference endpoint: what it is called, what it takes, and how its answer is read. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'DELETE'
  /** Below `/api`, `/api/v1` and `/v1`; also what logs call it. */
  route: string
  /** Path at LiteLLM. */
  upstreamPath: string
  body: 'none' | 'json'
  /** What a JSON body must have before it is forwarded. */
  requires: 'nothing' | 'model' | 'model and messages'
  /** How its streams end and fail. */
  streamDialect: StreamDialect
  usageDialect: UsageDialect
  /** Takes `stream_options.include_usage`, without which a stream says nothing of usage. */
  takesStreamOptions: boolean
}

/** Everything that is forwarded to LiteLLM. What is not in this table cannot be reached through the gateway. */
export const endpointTable: readonly Endpoint[] = [
  {
    method: 'GET',
    route: '/models',
    upstreamPath: '/v1/models',
    body: 'none',
    requires: 'nothing',
    streamDialect: chatDialect,
    usageDialect: 'openai',
    takesStreamOptions: false,
  },
  {
    method: 'POST',
    route: '/chat/completions',
    upstreamPath: '/v1/chat/completions',
    body: 'json',
    requires: 'model and messages',
    streamDialect: chatDialect,
    usageDialect: 'openai',
    takesStreamOptions: true,
  },
]

const byRoute = new Map<string, Endpoint[]>()
for (const endpoint of endpointTable) {
  byRoute.set(endpoint.route, [...(byRoute.get(endpoint.route) ?? []), endpoint])
}

/** The endpoints, one a method, that a path below the API's prefix leads to. */
export function findEndpoints(apiPath: string): readonly Endpoint[] {
  return byRoute.get(apiPath) ?? []
}
