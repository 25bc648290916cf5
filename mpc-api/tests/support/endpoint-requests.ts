import { type Endpoint } from '../../src/proxy/endpoint-table.ts'
import { multipart } from './multipart-body.ts'

/** A request that an endpoint of the table accepts. */
export interface EndpointRequest {
  readonly path: string
  readonly init: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: string | Buffer
  }
}

const messages = [{ role: 'user', content: 'Hello' }]

/** Something that each endpoint takes, with what its table row requires and nothing more. */
export function requestOf(endpoint: Endpoint, extra: Readonly<Record<string, string>> = {}): EndpointRequest {
  const path = `/api${endpoint.route.replace('{id}', 'id_1')}`
  const { method, body, requires } = endpoint
  const fields: Record<string, unknown> = {
    ...(requires === 'nothing' ? {} : { model: 'scripted' }),
    ...(requires === 'model and messages' ? { messages } : {}),
    ...extra,
  }
  if (body === 'none') return { path, init: { method, headers: {} } }
  if (body !== 'upload') {
    return {
      path,
      init: { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) },
    }
  }
  const texts = Object.entries(fields).map(([name, value]) => [name, asText(value)] as const)
  const { bytes, headers } = multipart(...texts, ['file', Buffer.from('RIFF\r\n--x')])
  return { path, init: { method, headers, body: bytes } }
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** How tests name an endpoint. */
export const nameOf = ({ method, route }: Endpoint) => `${method} /api${route}`
