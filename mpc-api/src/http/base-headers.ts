import helmet from 'helmet'
import http from 'node:http'
import { Socket } from 'node:net'

const policy = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  // Belongs to whoever terminates TLS.
  strictTransportSecurity: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
})

/**
 * The security headers of every answer, as a flat list of names and values. They are the same each time, so helmet
 * computes them once instead of on every request.
 */
export const securityHeaders: readonly string[] = capture()

function capture(): string[] {
  const req = new http.IncomingMessage(new Socket())
  const res = new http.ServerResponse(req)
  policy(req, res, (problem) => {
    if (problem !== undefined) throw new Error('helmet refused its options', { cause: problem })
  })
  return Object.entries(res.getHeaders()).flatMap(([name, value]) => [name, String(value)])
}
