import cors from 'cors'
import { type RequestHandler } from 'express'

/** What a browser may read of an answer; each name must be said. */
const EXPOSED_HEADERS = [
  'x-request-id',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'x-litellm-response-cost',
  'x-litellm-model-id',
  'content-disposition',
  'server-timing',
]
const PREFLIGHT_MAX_AGE_S = 86_400

/** Answers preflights, and marks answers to browsers. Requests of other clients carry no Origin and pass untouched. */
export function crossOrigin(origins: readonly string[]): RequestHandler {
  const handle = cors({
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_MAX_AGE_S,
  })
  return function markForBrowsers(req, res, next) {
    if (req.headers.origin === undefined && req.method !== 'OPTIONS') next()
    else handle(req, res, next)
  }
}
