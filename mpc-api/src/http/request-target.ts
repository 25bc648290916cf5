import { GatewayError } from '../errors/gateway-error.ts'

/** A request target that is safe to match and to forward. */
export interface RequestTarget {
  /** Raw path, without doubled or trailing slashes; escapes are left as they came. */
  path: string
  /** Raw query with its `?`, or an empty string. */
  query: string
  /** Path below `/api`, `/api/v1` or `/v1`; undefined outside the API. */
  apiPath: string | undefined
}

const API_PREFIX = /^(?:\/api\/v1|\/api|\/v1)(?=\/|$)/

/** Clients call few targets many times: parsed ones are kept, up to a bound that hostile ones cannot raise. */
const MAX_KEPT = 500
const kept = new Map<string, RequestTarget>()

/** Hot path: as `parseRequestTarget`, remembering results. */
export function readRequestTarget(url: string): RequestTarget {
  const known = kept.get(url)
  if (known !== undefined) return known
  const target = parseRequestTarget(url)
  if (kept.size < MAX_KEPT && url.length < 200) kept.set(url, target)
  return target
}

const PRINTABLE = /^\/[\x21-\x22\x24-\x5b\x5d-\x7e]*$/
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i
/** A backslash, or a control character. */
const HOSTILE_ESCAPE = /%5c|%[01][0-9a-f]|%7f/i
/** What is still an escape after decoding was encoded twice. */
const ESCAPE = /%[0-9a-f]{2}/i

/**
 * Splits a request target (RFC 9112 §3.2) and refuses what could mean another path to another server: absolute
 * forms, dot segments, backslashes, control characters, double encoding.
 *
 * @throws {GatewayError} BAD_REQUEST
 */
export function parseRequestTarget(url: string): RequestTarget {
  const queryAt = url.indexOf('?')
  const rawPath = queryAt === -1 ? url : url.slice(0, queryAt)
  if (!PRINTABLE.test(rawPath)) throw refusal('The request target must be a path of printable ASCII.')
  if (BROKEN_ESCAPE.test(rawPath)) throw refusal('The path has a broken percent escape.')
  if (rawPath.includes('%') && (HOSTILE_ESCAPE.test(rawPath) || ESCAPE.test(decodePath(rawPath)))) {
    throw refusal(
      'The path has an escape that is not allowed: a backslash, a control character or a double encoding.',
    )
  }
  if (rawPath.includes('.') || /%2e/i.test(rawPath)) refuseDotSegments(rawPath)
  const path = rawPath.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
  const prefix = API_PREFIX.exec(path)?.[0]
  return {
    path,
    query: queryAt === -1 ? '' : url.slice(queryAt),
    apiPath: prefix === undefined ? undefined : path.slice(prefix.length) || '/',
  }
}

function decodePath(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath)
  } catch {
    throw refusal('The path has escapes that are not UTF-8.')
  }
}

function refuseDotSegments(rawPath: string): void {
  const segments = rawPath.replace(/%2e/gi, '.').split(/\/|%2f/i)
  // Some servers drop what follows a semicolon before they resolve the dots.
  if (segments.some((segment) => /^\.\.?(?:;|$)/.test(segment))) {
    throw refusal('The path must not have dot segments.')
  }
}

function refusal(message: string): GatewayError {
  return new GatewayError('BAD_REQUEST', message, { closesConnection: true })
}
