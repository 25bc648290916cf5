import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { type Config } from './config/read-config.ts'
import { isAlive } from './services/health/dependency-probe.ts'

const LOCAL_LITELLM = 'http://localhost:4000'

export interface ChosenUpstream {
  urls: string[]
  /** How the banner calls it. */
  label: string
  /** A model to show in examples. */
  model: string
  /** True for the embedded stand-in, whose models are known and cost nothing. */
  isDemo: boolean
  close(): void
}

/**
 * Finds something to forward to: what the configuration names, else a LiteLLM on this machine, else the embedded demo
 * upstream. In production the configuration always names one.
 */
export async function chooseUpstream(config: Config): Promise<ChosenUpstream> {
  const given = config.upstreamUrls
  if (given !== undefined)
    return {
      urls: given,
      label: given.join(', '),
      model: 'gpt-4o-mini',
      isDemo: false,
      close: () => undefined,
    }
  if (await isAlive(LOCAL_LITELLM)) {
    return {
      urls: [LOCAL_LITELLM],
      label: `LiteLLM on ${LOCAL_LITELLM}`,
      model: 'gpt-4o-mini',
      isDemo: false,
      close: () => undefined,
    }
  }
  return startDemo()
}

async function startDemo(): Promise<ChosenUpstream> {
  const { createDemoUpstream } = await import('./demo-upstream/demo-upstream.ts')
  const server = createDemoUpstream()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    urls: [`http://127.0.0.1:${port}`],
    label: 'the embedded demo (no model answers; start LiteLLM or set LITELLM_BASE_URL for real ones)',
    model: 'demo-echo',
    isDemo: true,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
