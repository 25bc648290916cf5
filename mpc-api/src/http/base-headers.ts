import helmet, { type HelmetOptions } from 'helmet'
import http from 'node:http'
import { Socket } from 'node:net'

const base = {
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  // Belongs to whoever terminates TLS.
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
} as const satisfies HelmetOptions

const nothing = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] }

/**
 * The security headers of every answer, as a flat list of names and values. They are the same each time, so helmet
 * computes them once instead of on every request.
 */
export const securityHeaders: readonly string[] = capture(nothing)

/** The same as the text that they are sent as. */
export const securityText: string = toText(securityHeaders)

/** The same for a page of ours: it may load our own style sheets, and still run nothing. */
export const pageSecurityHeaders: readonly string[] = capture({
  ...nothing,
  styleSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
})

function capture(directives: Record<string, string[]>): string[] {
  const policy = helmet({ ...base, contentSecurityPolicy: { useDefaults: false, directives } })
  const req = new http.IncomingMessage(new Socket())
  const res = new http.ServerResponse(req)
  policy(req, res, (problem) => {
    if (problem !== undefined) throw new Error('helmet refused its options', { cause: problem })
  })
  return Object.entries(res.getHeaders()).flatMap(([name, value]) => [name, String(value)])
}

function toText(headers: readonly string[]): string {
  return headers.map((part, index) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`)).join('')
}
