import { GatewayError } from '../../../src/errors/gateway-error.ts'
import { parseRequestTarget } from '../../../src/http/request-target.ts'
import { endpointTable } from '../../../src/proxy/endpoint-table.ts'
import { findEndpoints } from '../../../src/proxy/find-endpoint.ts'
import { refuseSteeringQuery } from '../../../src/services/checks/refuse-steering.ts'
import { demand, type FuzzTarget } from '../fuzz-target.ts'

/** All that LiteLLM can be asked for through the gateway, with one id in it at most. */
const REACHABLE = endpointTable.map(
  ({ upstreamPath }) => new RegExp(`^${upstreamPath.replace('{id}', '[A-Za-z0-9_.~:=+@-]+')}$`),
)

/** Spellings of addresses: none leads past the endpoint table, and none means another path to another server. */
export const requestTargetTarget: FuzzTarget = {
  name: 'request-target',
  seeds: [
    '/api/chat/completions',
    '/api/v1/responses/resp_1/input_items?include[]=a&stream=true',
    '//v1//files/file-1/content/',
    '/v1/models/..%2f..%2fkey%2finfo?api_base=x#y',
    '/api/v1/messages/count_tokens;a=1',
  ],
  words: [
    ...['/', '//', '.', '..', '%2e', '%2f', '%5c', '%25', '%00', '%c3%bc', '%zz', ';', '?', '#', '\\'],
    ...['@', ':', '%'],
    ...['/api', '/v1', '/files/', '/content', '/responses/', '/cancel', 'key', 'config', 'http://h'],
    ...['/health'],
    ...['api_base=', '&', '%61pi_key', '+', '=', 'stream=true'],
  ],
  check(input) {
    // What Node's HTTP parser lets through.
    const url = `/${input.toString('latin1').replace(/[^\x21-\x7e\x80-\xff]/g, '')}`
    const target = orRefusal(() => parseRequestTarget(url))
    if (target === undefined) return undefined
    const { path, query, apiPath } = target
    demand(url.endsWith(query) && (query === '' || query.startsWith('?')), 'the query stays as it came')
    const decoded = decodeURIComponent(path)
    demand(decodeOnce(decoded) === decoded, 'a decoded path has nothing left to decode')
    demand(!/[\\\p{Cc}]/u.test(decoded), 'no path has backslashes or control characters')
    const resolved = decodeURIComponent(new URL(`http://h${path}`).pathname)
    demand(resolved === decoded, 'a path means the same to who resolves it')
    demand(orRefusal(() => parseRequestTarget(path))?.path === path, 'a path that was taken is taken again')
    orRefusal(() => refuseSteeringQuery(query))
    for (const { upstreamPath } of findEndpoints(apiPath ?? '')) {
      demand(
        REACHABLE.some((pattern) => pattern.test(upstreamPath)),
        'nothing beside the table is reached',
      )
      demand(new URL(`http://h${upstreamPath}`).pathname === upstreamPath, 'nothing climbs at LiteLLM')
      demand(decodeURIComponent(upstreamPath) === upstreamPath, 'nothing is left to decode at LiteLLM')
    }
    return undefined
  },
}

function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // A lone percent sign is one.
    return text
  }
}

function orRefusal<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (problem) {
    if (!(problem instanceof GatewayError)) throw problem
    demand(problem.status === 400, 'an address is refused with 400')
    return undefined
  }
}
