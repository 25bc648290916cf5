import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partFiles, projectFiles, readProject } from './compose-projects.ts'
import { fillSecrets } from './fill-env.mjs'
import { type GeneratedSecret, readCatalogue, repositoryRoot } from './stack-catalogue.ts'

const { variables } = readCatalogue()
const secrets = variables.filter((variable): variable is GeneratedSecret => variable.kind === 'generated')
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0
if (!hasCompose)
  console.log('skipped: `docker compose config` of every file, for Docker Compose is not installed')

/** A copy of the Compose files alone, so that the .env of this checkout plays no part. */
let copy: string
const services = ['storage', 'litellm', 'dify', 'langflow', 'activepieces'].map(
  (n) => `ai-infra/${n}/services.yml`,
)
const files = [
  ...projectFiles,
  ...partFiles,
  ...services,
  'mpc-api/services.yml',
  'ai-infra/compose.base.yml',
]

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'compose-config-'))
  for (const file of files) {
    mkdirSync(join(copy, dirname(file)), { recursive: true })
    copyFileSync(join(repositoryRoot, file), join(copy, file))
  }
})
afterAll(() => {
  rmSync(copy, { recursive: true })
})

function filledEnv(): string {
  return fillSecrets(readFileSync(join(repositoryRoot, '.env.example'), 'utf8'), variables).text
}

/** What a person in that folder gets from `docker compose config`, with that .env at the root. */
function config(file: string, env: string, ...options: string[]) {
  writeFileSync(join(copy, '.env'), env)
  const { PATH, HOME } = process.env
  const cwd = join(copy, dirname(file))
  return spawnSync('docker', ['compose', 'config', ...options], {
    cwd,
    env: { PATH, HOME },
    encoding: 'utf8',
  })
}

describe.skipIf(!hasCompose)('docker compose config', () => {
  it.each([...projectFiles, ...partFiles])('takes %s, in its own folder, without a warning', (file) => {
    const { status, stderr } = config(file, filledEnv(), '-q')
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it.each(secrets)('stops at an empty $name, names it and says the way out', ({ name, projects }) => {
    const env = filledEnv().replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=`)
    for (const file of projectFiles.filter((path) => projects.includes(readProject(path).name))) {
      const { status, stderr } = config(file, env, '-q')
      expect(status, file).not.toBe(0)
      expect(stderr).toContain(name)
      expect(stderr).toContain('node scripts/fill-env.mjs')
    }
  })

  it('stops without any .env, and says the way out', () => {
    const { status, stderr } = config('docker-compose.yml', '', '-q')
    expect(status).not.toBe(0)
    expect(stderr).toContain('node scripts/fill-env.mjs')
  })

  it('takes values from a .env with CRLF line ends and a byte order mark', () => {
    const windows = `\ufeff${filledEnv().replaceAll('\n', '\r\n')}`
    const { status, stdout } = config('docker-compose.yml', windows)
    expect(status).toBe(0)
    expect(stdout).toMatch(/MPC_API_KEY: mpc-[0-9a-f]{48}\n/)
  })

  it('publishes every port on 127.0.0.1, also where the host port was changed', () => {
    const env = `${filledEnv()}\nDIFY_HOST_PORT=8088\nPORT=3001\nACTIVEPIECES_HOST_PORT=8099\n`
    for (const file of projectFiles) {
      const { stdout } = config(file, env, '--format', 'json')
      const { services: all } = JSON.parse(stdout) as {
        services: Record<string, { ports?: { host_ip: string; published: string }[] }>
      }
      for (const { ports } of Object.values(all)) {
        for (const { host_ip, published } of ports ?? []) {
          expect(host_ip).toBe('127.0.0.1')
          expect(['8088', '3001', '4000', '7860', '8099']).toContain(published)
        }
      }
    }
  })
})
