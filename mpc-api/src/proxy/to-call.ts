import { type IncomingMessage } from 'node:http'
import { contextOf } from '../http/request-context.ts'
import { chatDialect } from '../protocol/stream-dialect.ts'
import { type EndpointMatch } from './find-endpoint.ts'
import { type Call } from './exchange.ts'
import { toUpstreamHeaders } from './request-headers.ts'
import { type Upstream } from './upstream.ts'

/** The call that a request of an endpoint makes, as yet without a body. */
export function toCall(
  req: IncomingMessage,
  { endpoint, upstreamPath }: EndpointMatch,
  upstream: Upstream,
): Call {
  const context = contextOf(req)
  return {
    method: endpoint.method,
    path: upstreamPath + context.target.query,
    headers: toUpstreamHeaders(req.headers, upstream.ownHeaders, context.id),
    body: null,
    asksForStream: endpoint.method === 'GET' && /[?&]stream=true\b/.test(context.target.query),
    media: endpoint.media,
    streamDialect: endpoint.streamDialect,
    usageDialect: endpoint.usageDialect,
    hidesUsage: false,
  }
}

/** A call that the gateway makes on its own account, for a request that it answers itself. */
export function toOwnCall(req: IncomingMessage, path: string, upstream: Upstream): Call {
  return {
    method: 'GET',
    path,
    headers: [...upstream.ownHeaders, 'x-litellm-call-id', contextOf(req).id],
    body: null,
    asksForStream: false,
    media: undefined,
    streamDialect: chatDialect,
    usageDialect: 'openai',
    hidesUsage: false,
  }
}
