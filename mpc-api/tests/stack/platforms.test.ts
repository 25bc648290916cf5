import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chatStatus } from './support/chat.ts'
import { until } from './support/docker.ts'
import { imageOf, isPlaceholder, reasonToSkip, sayWhySkipped } from './support/engine.ts'
import { comesToReach, opensBeyondLoopback, reaches } from './support/reach.ts'
import { crash, healthyAgain } from './support/recovery.ts'
import { ensureRealSquid } from './support/squid.ts'
import { type ProjectName, type Stack, createStack } from './support/stack.ts'

const reason = await reasonToSkip()
sayWhySkipped(reason)
const hasSquid = reason === undefined && (await ensureRealSquid())
if (reason === undefined && !hasSquid)
  process.stdout.write('skipped: the rules of the SSRF proxy, for Squid is a placeholder\n')
/** Only these say who answered. */
const hasPlaceholders = reason === undefined && (await isPlaceholder(imageOf('langgenius/dify-api')))
if (reason === undefined && !hasPlaceholders)
  process.stdout.write('skipped: where the nginx of Dify sends what, for the images of Dify are real\n')

type Where = readonly [ProjectName, string]

interface Definition {
  restart: string
  depends_on?: Record<string, { condition: string }>
}

const platforms = ['langflow', 'activepieces', 'dify'] as const
const databases: (readonly [...Where, number])[] = [
  ['ai-infra', 'postgres', 5432],
  ['ai-infra', 'redis', 6379],
  ['dify', 'dify-db', 5432],
  ['dify', 'dify-redis', 6379],
  ['dify', 'dify-weaviate', 8080],
  ['langflow', 'langflow-db', 5432],
  ['activepieces', 'activepieces-db', 5432],
  ['activepieces', 'activepieces-redis', 6379],
]
/** What of each project can be reached from others, or runs what users wrote. */
const outsiders: Where[] = [
  ['ai-infra', 'mpc-api'],
  ['ai-infra', 'litellm'],
  ['dify', 'dify-plugin-daemon'],
  ['dify', 'dify-ssrf-proxy'],
  ['dify', 'dify-nginx'],
  ['dify', 'dify-sandbox'],
  ['langflow', 'langflow'],
  ['activepieces', 'activepieces'],
]

describe.skipIf(reason !== undefined)('the platforms on a real engine', () => {
  let stack: Stack

  const definitions = async (project: ProjectName) => {
    const { stdout } = await stack.compose(project, 'config', '--format', 'json')
    return (JSON.parse(stdout) as { services: Record<string, Definition> }).services
  }
  const longRunning = async (project: ProjectName) =>
    Object.entries(await definitions(project)).flatMap(([name, { restart }]) =>
      restart === 'no' ? [] : [name],
    )
  const up = async (project: ProjectName) => {
    const { code, stderr } = await stack.compose(project, 'up', '-d', '--wait', '--wait-timeout', '540')
    if (code !== 0) throw new Error(stderr)
  }

  beforeAll(async () => {
    stack = await createStack()
    await stack.compose('ai-infra', 'build', '-q')
    await up('ai-infra')
    await Promise.all(platforms.map(up))
  })
  afterAll(() => stack.remove())

  it.each(platforms)('%s: up --wait ends with all healthy, and succeeds again', async (project) => {
    for (const service of await longRunning(project)) {
      expect((await stack.inspect(project, service)).State.Health?.Status, service).toBe('healthy')
    }
    await up(project)
  })

  it.each(platforms)('%s: starts each service after what it waits for', async (project) => {
    for (const [service, { depends_on }] of Object.entries(await definitions(project))) {
      const { State } = await stack.inspect(project, service)
      for (const [dependency, { condition }] of Object.entries(depends_on ?? {})) {
        const other = (await stack.inspect(project, dependency)).State
        // A one-shot runs again at every `up`: only the first start says something about order.
        if (condition === 'service_completed_successfully') expect(other.ExitCode, dependency).toBe(0)
        else expect(Date.parse(other.StartedAt), dependency).toBeLessThan(Date.parse(State.StartedAt))
      }
    }
  })

  it.each<Where>([
    ['dify', 'dify-api'],
    ['dify', 'dify-worker'],
    ['dify', 'dify-plugin-daemon'],
    ['dify', 'dify-ssrf-proxy'],
    ['langflow', 'langflow'],
    ['activepieces', 'activepieces'],
  ])('%s: %s reaches MPC-API and LiteLLM by name', async (project, service) => {
    expect(await comesToReach(stack, [project, service], 'mpc-api:3000')).toBe(true)
    expect(await comesToReach(stack, [project, service], 'litellm:4000')).toBe(true)
  })

  it('MPC-API reaches the fronts of the platforms by name', async () => {
    for (const target of [
      'dify-nginx:80',
      'langflow:7860',
      `activepieces:${stack.env['ACTIVEPIECES_HOST_PORT']}`,
    ]) {
      expect(await comesToReach(stack, ['ai-infra', 'mpc-api'], target), target).toBe(true)
    }
  })

  it.each(databases)(
    '%s: %s is reached from no other project, by name or by address',
    async (project, service, port) => {
      const { NetworkSettings } = await stack.inspect(project, service)
      const addresses = Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress)
      const tries = outsiders
        .filter(([other]) => other !== project)
        .flatMap((outsider) => [service, ...addresses].map((host) => ({ outsider, host })))
      const open = await Promise.all(
        tries.map(({ outsider, host }) => reaches(stack, outsider, `${host}:${port}`)),
      )
      expect(tries.filter((_, i) => open[i]).map(({ outsider, host }) => `${outsider[1]} → ${host}`)).toEqual(
        [],
      )
    },
  )

  it("Dify's sandbox reaches its proxy and nothing beyond it", async () => {
    const sandbox: Where = ['dify', 'dify-sandbox']
    expect(await comesToReach(stack, sandbox, 'dify-ssrf-proxy:3128')).toBe(true)
    const { NetworkSettings } = await stack.inspect('ai-infra', 'mpc-api')
    const inner = `${NetworkSettings.Networks[stack.network]?.IPAddress}:3000`
    const targets = ['mpc-api:3000', inner, 'dify-db:5432', 'dify-redis:6379', 'dify-weaviate:8080']
    const open = await Promise.all(targets.map((target) => reaches(stack, sandbox, target)))
    expect(targets.filter((_, i) => open[i])).toEqual([])
  })

  it.skipIf(!hasSquid)(
    'the SSRF proxy lets MPC-API and LiteLLM through by name, and no other private address',
    async () => {
      const through = async (url: string) => {
        const options = '-s -o /dev/null -w %{http_code} -m 10 -x http://dify-ssrf-proxy:3128'.split(' ')
        return (await stack.exec('dify', 'dify-sandbox', 'curl', ...options, url)).stdout
      }
      expect(await through('http://mpc-api:3000/health')).toBe('200')
      expect(await through('http://litellm:4000/health/liveliness')).toBe('200')
      const { NetworkSettings } = await stack.inspect('ai-infra', 'mpc-api')
      const address = NetworkSettings.Networks[stack.network]?.IPAddress
      const closed = `${address}:3000 langflow:7860 dify-api:5001 localhost:3128 169.254.169.254 10.0.0.1`
      for (const host of closed.split(' ')) expect(await through(`http://${host}/`), host).toBe('403')
      // What is allowed is the web, not every port of these hosts.
      expect(await through('http://mpc-api:22/')).toBe('403')
    },
  )

  it.skipIf(!hasPlaceholders)('nginx sends each route of Dify where it belongs', async () => {
    const idOf = async (service: string) => (await stack.inspect('dify', service)).Id.slice(0, 12)
    const [api, web, plugins] = await Promise.all(['dify-api', 'dify-web', 'dify-plugin-daemon'].map(idOf))
    const host = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${stack.env['DIFY_HOST_PORT']}${path}`)
      return ((await response.json()) as { host: string }).host
    }
    for (const path of [
      '/console/api/setup',
      '/api/x',
      '/v1/x',
      '/openapi/x',
      '/files/x',
      '/mcp/x',
      '/triggers/x',
      '/health',
    ]) {
      expect(await host(path), path).toBe(api)
    }
    expect(await host('/e/hook')).toBe(plugins)
    for (const path of ['/', '/explore', '/install']) expect(await host(path), path).toBe(web)
  })

  it.skipIf(!hasPlaceholders)(
    "nginx finds Dify's API again after it was recreated under another address",
    async () => {
      await stack.compose('dify', 'up', '-d', '--wait', '--force-recreate', '--no-deps', 'dify-api')
      const id = (await stack.inspect('dify', 'dify-api')).Id.slice(0, 12)
      await until('nginx answers from the new container', 180, async () => {
        const response = await fetch(`http://127.0.0.1:${stack.env['DIFY_HOST_PORT']}/v1/x`)
        return response.ok && ((await response.json()) as { host: string }).host === id
      })
    },
  )

  it('nothing listens beyond 127.0.0.1', async () => {
    for (const project of platforms) {
      for (const service of await longRunning(project)) {
        const bindings = (await stack.inspect(project, service)).HostConfig.PortBindings ?? {}
        for (const { HostIp, HostPort } of Object.values(bindings).flat()) {
          expect(HostIp, service).toBe('127.0.0.1')
          expect(await opensBeyondLoopback(Number(HostPort)), service).toBe(false)
        }
      }
    }
  })

  it.each(platforms)(
    '%s: every service, crashed, comes back by itself, and MPC-API never notices',
    async (project) => {
      const started = new Map<string, string>()
      for (const service of await longRunning(project)) {
        started.set(service, (await stack.inspect(project, service)).State.StartedAt)
        await crash(stack, project, service)
        expect(await chatStatus(stack), service).toBe(200)
      }
      for (const [service, before] of started) await healthyAgain(stack, [project, service], before)
    },
  )

  it('down and up again keeps what the databases hold', async () => {
    const marks: [ProjectName, string, string][] = [
      ['langflow', 'langflow-db', 'langflow'],
      ['activepieces', 'activepieces-db', 'activepieces'],
      ['dify', 'dify-db', 'dify'],
    ]
    const psql = ([project, service, role]: [ProjectName, string, string], sql: string) =>
      stack.exec(project, service, 'psql', '-U', role, '-d', role, '-tAc', sql)
    for (const mark of marks) await psql(mark, "create table kept as select 'yes' as answer")
    await Promise.all(platforms.map((project) => stack.compose(project, 'down')))
    await Promise.all(platforms.map(up))
    for (const mark of marks)
      expect((await psql(mark, 'select answer from kept')).stdout.trim(), mark[1]).toBe('yes')
  })

  it('Activepieces can create the vector extension', async () => {
    const sql = [
      'psql',
      '-U',
      'activepieces',
      '-d',
      'activepieces',
      '-c',
      'create extension if not exists vector',
    ]
    expect((await stack.exec('activepieces', 'activepieces-db', ...sql)).code).toBe(0)
  })
})
