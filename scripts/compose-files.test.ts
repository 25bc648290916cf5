import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import {
  type Project,
  type Service,
  partFiles,
  projectFiles,
  readProject,
  readText,
} from './compose-projects.ts'
import { readCatalogue, repositoryRoot } from './stack-catalogue.ts'

const projects = projectFiles.map(readProject)
const [core, dify, langflow, activepieces] = projects as [Project, Project, Project, Project]
const base = parse(readText('ai-infra/compose.base.yml'), { merge: true }) as {
  services: Record<string, Service>
}

const all = projects.flatMap(({ name, services }) =>
  Object.entries(services).map(([service, definition]) => ({ project: name, service, ...definition })),
)
const longRunning = all.filter(({ restart }) => restart !== 'no')
const oneShots = all.filter(({ restart }) => restart === 'no')

function env(project: Project, service: string, name: string): string | undefined {
  return project.services[service]?.environment?.[name]
}

function seconds(duration: string): number {
  const [, amount, unit] = /^(\d+)(s|m)$/.exec(duration) ?? []
  return Number(amount) * (unit === 'm' ? 60 : 1)
}

describe('the failures of naive stacks, one by one', () => {
  it('1: service names are unique across the stack, and none on the shared network is a common word', () => {
    const names = all.map(({ service }) => service)
    expect(new Set(names).size).toBe(names.length)
    const shared = all.filter(({ networks }) => networks?.includes('ai-infra')).map(({ service }) => service)
    for (const word of ['api', 'db', 'redis', 'web', 'worker', 'nginx', 'postgres']) {
      expect(shared).not.toContain(word)
    }
  })

  it('2: the shared network is external in every project, under one variable, and its creation is documented', () => {
    for (const { networks } of projects) {
      expect(networks['ai-infra']).toEqual({ name: '${AI_INFRA_NETWORK:-ai-infra-net}', external: true })
    }
    expect(readText('docs/AI_INFRA_SETUP.md')).toContain(
      'docker network create --subnet 172.30.240.0/24 ai-infra-net',
    )
  })

  it('3: LiteLLM configurations name variables as os.environ/NAME, never as ${NAME}', () => {
    for (const file of litellmConfigurations()) {
      const text = readText(file).replaceAll(/#.*$/gm, '')
      expect(text, file).not.toMatch(/\$\{?[A-Z]/)
      expect(text, file).not.toMatch(/\S+os\.environ\//)
    }
  })

  it("4 and 5: LiteLLM's health check uses what its image has, on the path that is free", () => {
    const test = core.services['litellm']?.healthcheck?.test.join(' ') ?? ''
    expect(test).toContain('python3')
    expect(test).toContain('/health/liveliness')
    expect(test).not.toMatch(/curl|wget/)
  })

  it('6: every image has a version, written once, and Activepieces comes from the registry that is current', () => {
    const images = Object.values(base.services).map(({ image }) => image ?? '')
    expect(new Set(images).size).toBe(images.length)
    for (const image of images) expect(image).toMatch(/:(?!latest|main|stable)[a-z0-9]*\.?[0-9a-z._-]+$/)
    expect(activepieces.services['activepieces']?.image).toMatch(/^ghcr\.io\/activepieces\//)
    for (const file of serviceFiles()) expect(readText(file), file).not.toMatch(/^\s*image:/m)
  })

  it('7: the plugin daemon is the local one', () => {
    expect(dify.services['dify-plugin-daemon']?.image).toMatch(/dify-plugin-daemon:\d+\.\d+\.\d+-local$/)
  })

  it('8: Dify has all it needs for models, knowledge bases, code and schedules', () => {
    const needed = 'api worker worker-beat web plugin-daemon sandbox ssrf-proxy nginx weaviate db redis'
    expect(Object.keys(dify.services)).toEqual(
      expect.arrayContaining(needed.split(' ').map((n) => `dify-${n}`)),
    )
  })

  it('9: Dify finds its plugin daemon, and both ends of each key pair are one variable', () => {
    for (const service of ['dify-api', 'dify-worker']) {
      const of = (name: string) => env(dify, service, name)
      expect(of('PLUGIN_DAEMON_URL')).toBe('http://dify-plugin-daemon:5002')
      expect(of('PLUGIN_DAEMON_KEY')).toBe(env(dify, 'dify-plugin-daemon', 'SERVER_KEY'))
      expect(of('PLUGIN_DIFY_INNER_API_KEY')).toBe(env(dify, 'dify-plugin-daemon', 'DIFY_INNER_API_KEY'))
      expect(of('INNER_API_KEY_FOR_PLUGIN')).toBe(of('PLUGIN_DIFY_INNER_API_KEY'))
      expect(of('CODE_EXECUTION_API_KEY')).toBe(env(dify, 'dify-sandbox', 'API_KEY'))
      expect(of('WEAVIATE_API_KEY')).toBe(env(dify, 'dify-weaviate', 'AUTHENTICATION_APIKEY_ALLOWED_KEYS'))
    }
  })

  it('10: what leaves Dify can reach MPC-API and LiteLLM, and Langflow and Activepieces may call them', () => {
    for (const service of [
      'dify-ssrf-proxy',
      'dify-plugin-daemon',
      'dify-nginx',
      'dify-api',
      'dify-worker',
    ]) {
      expect(dify.services[service]?.networks, service).toContain('ai-infra')
    }
    expect(dify.services['dify-sandbox']?.networks).toEqual(['sandbox'])
    expect(dify.networks['sandbox']?.internal).toBe(true)
    expect(readText('ai-infra/dify/squid/allowed-private-hosts').trim().split('\n')).toEqual([
      'mpc-api',
      'litellm',
    ])
    expect(env(langflow, 'langflow', 'LANGFLOW_SSRF_ALLOWED_HOSTS')).toContain('mpc-api,litellm')
    expect(env(activepieces, 'activepieces', 'AP_SSRF_ALLOW_LIST')).toContain('172.30.240.0/24')
  })

  it('10: the proxy refuses private addresses after the hosts that it allows, and before everything else', () => {
    const rules = readText('ai-infra/dify/squid/squid.conf')
      .split('\n')
      .filter((l) => l.startsWith('http_access'))
    expect(rules.slice(-4)).toEqual([
      'http_access allow clients allowed_private',
      'http_access deny to_private',
      'http_access allow clients',
      'http_access deny all',
    ])
  })

  it('11: nginx passes streams on unbuffered, from one whole file that no script has to render', () => {
    expect(readText('ai-infra/dify/nginx/nginx.conf')).toContain('proxy_buffering off;')
    const nginx = dify.services['dify-nginx']
    expect(nginx?.volumes).toEqual(['./ai-infra/dify/nginx/nginx.conf:/etc/nginx/nginx.conf:ro'])
    expect(nginx?.image).not.toContain('alpine')
  })

  it('12: nginx has every route of Dify, and looks names up again after a container was recreated', () => {
    const text = readText('ai-infra/dify/nginx/nginx.conf')
    for (const path of ['/console/api', '/api', '/v1', '/openapi', '/files', '/mcp', '/triggers']) {
      expect(text).toContain(`location ${path} { proxy_pass $api; }`)
    }
    expect(text).toMatch(/location \/e\/ \{[^}]*Dify-Hook-Url[^}]*proxy_pass \$plugins;/)
    expect(text).toMatch(/location \/ \{ proxy_pass \$web; \}/)
    expect(text).toContain('resolver 127.0.0.11')
    expect(text).not.toMatch(/proxy_pass http/)
  })

  it('13: only the API migrates, and the workers wait for it', () => {
    expect(env(dify, 'dify-api', 'MIGRATION_ENABLED')).toBe('true')
    for (const service of ['dify-worker', 'dify-worker-beat']) {
      expect(env(dify, service, 'MIGRATION_ENABLED')).toBe('false')
      expect(dify.services[service]?.depends_on).toEqual({ 'dify-api': { condition: 'service_healthy' } })
    }
  })

  it("14: Activepieces' encryption key is made of 32 hex characters", () => {
    const key = readCatalogue().variables.find(({ name }) => name === 'AP_ENCRYPTION_KEY')
    expect(key).toMatchObject({
      format: { prefix: '', bytes: 16, encoding: 'hex' },
      pattern: '^[0-9a-f]{32}$',
    })
  })

  it('15: Activepieces has a Postgres with the vector extension', () => {
    expect(activepieces.services['activepieces-db']?.image).toMatch(/^pgvector\/pgvector:/)
  })

  it('16: Activepieces reaches itself at its public address: one port, inside and outside', () => {
    const port = '${ACTIVEPIECES_HOST_PORT:-8080}'
    expect(env(activepieces, 'activepieces', 'AP_FRONTEND_URL')).toContain(`http://localhost:${port}`)
    expect(env(activepieces, 'activepieces', 'AP_PORT')).toBe(port)
    expect(activepieces.services['activepieces']?.ports).toEqual([`127.0.0.1:${port}:${port}`])
  })

  it('17: no queue page without a password, no sandbox mode that needs a privileged container', () => {
    expect(env(activepieces, 'activepieces', 'AP_QUEUE_UI_ENABLED')).toBe('false')
    expect(env(activepieces, 'activepieces', 'AP_EXECUTION_MODE')).not.toContain('PROCESS')
    for (const { service, privileged } of all) expect(privileged, service).toBeUndefined()
  })

  it('18: Langflow has an administrator, and its volume is where it keeps its files', () => {
    expect(env(langflow, 'langflow', 'LANGFLOW_AUTO_LOGIN')).toBe('false')
    expect(env(langflow, 'langflow', 'LANGFLOW_SUPERUSER')).toBeDefined()
    expect(env(langflow, 'langflow', 'LANGFLOW_SUPERUSER_PASSWORD')).toContain(':?')
    expect(env(langflow, 'langflow', 'LANGFLOW_CONFIG_DIR')).toBe('/app/langflow')
    expect(langflow.services['langflow']?.volumes).toEqual(['data:/app/langflow'])
  })

  it('19: lists of variable and host names have no blanks', () => {
    for (const { service, environment } of all) {
      for (const [name, value] of Object.entries(environment ?? {})) {
        if (/VARIABLES|ENV_VARS|ALLOW(ED)?_(HOSTS|LIST)/.test(name))
          expect(value, `${service} ${name}`).not.toMatch(/\s/)
      }
    }
  })

  it('20: containers call each other by name: localhost stands only in addresses for browsers', () => {
    const forBrowsers =
      /^(CONSOLE_API_URL|CONSOLE_WEB_URL|SERVICE_API_URL|APP_API_URL|APP_WEB_URL|FILES_URL|TRIGGER_URL|ENDPOINT_URL_TEMPLATE|AP_FRONTEND_URL)$/
    for (const { service, environment } of all) {
      for (const [name, value] of Object.entries(environment ?? {})) {
        if (!forBrowsers.test(name)) expect(value, `${service} ${name}`).not.toMatch(/localhost|127\.0\.0\.1/)
      }
    }
    for (const project of [langflow, activepieces]) {
      expect(env(project, project.name, 'MPC_API_BASE_URL')).toBe('http://mpc-api:3000')
      expect(env(project, project.name, 'LITELLM_BASE_URL')).toBe('http://litellm:4000')
    }
  })

  it('21: ports are published on 127.0.0.1 only, databases not at all, and every Redis has a password', () => {
    for (const { service, ports } of all) {
      for (const port of ports ?? []) expect(port, service).toMatch(/^127\.0\.0\.1:/)
    }
    expect(
      all
        .filter(({ ports }) => ports)
        .map(({ service }) => service)
        .sort(),
    ).toEqual(['activepieces', 'dify-nginx', 'langflow', 'litellm', 'mpc-api'].sort())
    for (const redis of all.filter(({ image }) => image?.startsWith('redis:'))) {
      expect(redis.command?.slice(0, 2), redis.service).toEqual(['redis-server', '--requirepass'])
      expect(redis.environment?.['REDISCLI_AUTH'], redis.service).toContain(':?')
    }
  })

  it('22: services wait only for services of their own project', () => {
    for (const { services } of projects) {
      for (const [service, { depends_on }] of Object.entries(services)) {
        for (const name of Object.keys(depends_on ?? {})) expect(services, service).toHaveProperty(name)
      }
    }
  })

  it('24: every folder reads the one .env at the root, and none is started with two -f', () => {
    for (const project of [...projectFiles, ...partFiles].map(readProject)) {
      expect(new Set(project.directories), project.file).toEqual(new Set(['']))
    }
    for (const file of partFiles) expect(readProject(file).name).toBe(core.name)
  })

  it('25: every one-shot is waited for, or `up --wait` would call its success a failure', () => {
    expect(oneShots.map(({ service }) => service).sort()).toEqual([
      'dify-init',
      'langflow-init',
      'mpc-api-key',
    ])
    const waits = all.flatMap(({ depends_on }) => Object.entries(depends_on ?? {}))
    for (const { service } of oneShots) {
      expect(waits).toContainEqual([service, { condition: 'service_completed_successfully' }])
    }
  })

  it('26: a Redis with a job queue evicts nothing, and none evicts what has no expiry', () => {
    expect(dify.services['dify-redis']?.command?.slice(-2)).toEqual(['--maxmemory-policy', 'noeviction'])
    expect(activepieces.services['activepieces-redis']?.command?.slice(-2)).toEqual([
      '--maxmemory-policy',
      'noeviction',
    ])
    for (const { service, command } of all) expect(String(command), service).not.toContain('allkeys')
  })

  it('27: databases live on named volumes, at the path of their major version', () => {
    for (const { project, service, image, volumes } of all) {
      const postgres = /^(?:postgres:|pgvector\/pgvector:.*pg)(\d+)/.exec(image ?? '')
      if (postgres === null) continue
      expect(Number(postgres[1]), service).toBeLessThan(18)
      const data = volumes?.find((v) => typeof v === 'string' && v.endsWith(':/var/lib/postgresql/data'))
      const volume = (data as string).split(':')[0] ?? ''
      expect(projects.find(({ name }) => name === project)?.volumes, service).toHaveProperty(volume)
    }
  })

  it('29: first starts have the time that migrations take', () => {
    for (const [project, service, least] of [
      [dify, 'dify-api', 180],
      [langflow, 'langflow', 180],
      [activepieces, 'activepieces', 180],
      [core, 'litellm', 60],
    ] as const) {
      expect(seconds(project.services[service]?.healthcheck?.start_period ?? '0s')).toBeGreaterThanOrEqual(
        least,
      )
    }
  })
})

describe('what every container gets', () => {
  it.each(longRunning)(
    '$service restarts, and says when it is healthy',
    ({ service, restart, healthcheck }) => {
      expect(restart).toBe('unless-stopped')
      if (service === 'mpc-api') expect(readText('mpc-api/Dockerfile')).toContain('HEALTHCHECK')
      else expect(healthcheck?.test.length).toBeGreaterThan(1)
    },
  )

  it.each(all)('$service has rotated logs, a memory limit and no way to new privileges', (service) => {
    expect(service.logging).toEqual({ driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } })
    expect(service.mem_limit).toMatch(/^\d+[mg]$/)
    expect(service.security_opt).toEqual(['no-new-privileges:true'])
    expect(service.container_name).toBeUndefined()
  })

  it('databases are on networks without a way out, which no other project has', () => {
    for (const { networks } of projects) expect(networks['data']).toEqual({ internal: true })
    const databases = all.filter(({ image }) =>
      /^(postgres|pgvector|redis|semitechnologies)/.test(image ?? ''),
    )
    for (const { service, networks } of databases) expect(networks, service).toEqual(['data'])
  })
})

function serviceFiles(): string[] {
  return ['storage', 'litellm', 'dify', 'langflow', 'activepieces']
    .map((folder) => `ai-infra/${folder}/services.yml`)
    .concat('mpc-api/services.yml')
}

function litellmConfigurations(): string[] {
  const folder = 'ai-infra/litellm/config'
  const others = existsSync(join(repositoryRoot, folder)) ? readdirSync(join(repositoryRoot, folder)) : []
  return ['litellm_config.yaml', ...others.filter((n) => n.endsWith('.yaml')).map((n) => `${folder}/${n}`)]
}
