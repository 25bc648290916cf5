import { Router, type Response } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { contextOf } from '../http/request-context.ts'
import { sendJson } from '../http/respond.ts'
import { type Upstream, type UpstreamAddress } from '../proxy/upstream.ts'
import { type DependencyProbe } from '../services/health/dependency-probe.ts'
import { type Admission } from '../services/limits/admission.ts'

export interface HealthDeps {
  probe: DependencyProbe
  isDraining: () => boolean
  version: string
  upstream: Upstream
  admission: Admission
}

/**
 * `/health` for people and dashboards, `/health/ready` for load balancers, `/health/live` for what restarts the process.
 * None of them needs a key, and none of them spends money.
 */
export function health(deps: HealthDeps): Router {
  const router = Router()
  router.use((req, res, next) => {
    contextOf(req).record.route = `/health${req.path === '/' ? '' : req.path}`
    res.setHeader('cache-control', 'no-store')
    next()
  })
  router.get('/live', (_req, res) => sendJson(res, 200, { status: 'ok' }))
  router.get('/ready', async (_req, res) => sendReady(deps, res))
  router.get('/', async (_req, res) => {
    const litellm = await deps.probe.read()
    sendJson(res, 200, {
      status: litellm.status === 'ok' && !deps.isDraining() ? 'ok' : 'degraded',
      service: 'mpc-api',
      timestamp: new Date().toISOString(),
      litellm_url: deps.upstream.addresses.map(({ url }) => url).join(','),
      version: deps.version,
      uptime_s: Math.round(process.uptime()),
      dependencies: { litellm: { ...litellm, addresses: deps.upstream.addresses.map(describeAddress) } },
      requests: { at_litellm: deps.admission.inFlight, waiting: deps.admission.waiting },
    })
  })
  router.use((req, _res, next) => {
    if (!['/', '/live', '/ready'].includes(req.path)) {
      next()
      return
    }
    throw new GatewayError('METHOD_NOT_ALLOWED', `${req.method} is not allowed here; use GET.`, {
      headers: { allow: 'GET' },
    })
  })
  return router
}

function describeAddress({ url, breaker, outstanding }: UpstreamAddress): Record<string, unknown> {
  return { url, circuit: breaker.state, requests: outstanding }
}

async function sendReady(deps: HealthDeps, res: Response): Promise<void> {
  const litellm = await deps.probe.read()
  if (deps.isDraining()) {
    throw new GatewayError('SERVICE_UNAVAILABLE', 'The gateway is shutting down.', {
      details: { draining: true },
    })
  }
  if (litellm.status === 'down') {
    throw new GatewayError('SERVICE_UNAVAILABLE', 'LiteLLM does not answer.', {
      details: { dependencies: { litellm } },
    })
  }
  sendJson(res, 200, { status: 'ready', dependencies: { litellm } })
}
