import { type Endpoint, endpointTable } from './endpoint-table.ts'

/** An endpoint, and where at LiteLLM this request of it goes. */
export interface EndpointMatch {
  endpoint: Endpoint
  /** Path at LiteLLM, without a query. */
  upstreamPath: string
}

const fixed = new Map<string, EndpointMatch[]>()
const patterns: { segments: string[]; endpoint: Endpoint }[] = []
for (const endpoint of endpointTable) {
  if (endpoint.route.includes('{')) {
    patterns.push({ segments: endpoint.route.split('/'), endpoint })
  } else {
    const match = { endpoint, upstreamPath: endpoint.upstreamPath }
    fixed.set(endpoint.route, [...(fixed.get(endpoint.route) ?? []), match])
  }
}

/** An id is one segment that means the same to every server: nothing escaped, no dots alone. */
const ID = /^(?!\.{1,2}$)[A-Za-z0-9_.~:=+@-]{1,512}$/

/** The endpoints, one a method, that a path below the API's prefix leads to. */
export function findEndpoints(apiPath: string): readonly EndpointMatch[] {
  const known = fixed.get(apiPath)
  if (known !== undefined) return known
  const segments = apiPath.split('/')
  return patterns.flatMap((pattern) => {
    const id = matchId(pattern.segments, segments)
    return id === undefined
      ? []
      : [
          {
            endpoint: pattern.endpoint,
            upstreamPath: pattern.endpoint.upstreamPath.replace('{id}', () => id),
          },
        ]
  })
}

function matchId(pattern: readonly string[], segments: readonly string[]): string | undefined {
  if (pattern.length !== segments.length) return undefined
  let id: string | undefined
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? ''
    if (expected === '{id}') id = segment
    else if (expected !== segment) return undefined
  }
  return id !== undefined && ID.test(id) ? id : undefined
}
