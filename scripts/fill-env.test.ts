import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readText } from './compose-projects.ts'
import { fillSecrets, malformedSecrets } from './fill-env.mjs'
import { type GeneratedSecret, readCatalogue, repositoryRoot } from './stack-catalogue.ts'

const { variables } = readCatalogue()
const secrets = variables.filter((variable): variable is GeneratedSecret => variable.kind === 'generated')
const script = join(repositoryRoot, 'scripts/fill-env.mjs')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fill-env-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function read(): string {
  return readFileSync(join(folder, '.env'), 'utf8')
}

describe('node scripts/fill-env.mjs', () => {
  it('makes .env with every secret in its format, and shows none of them', () => {
    const output = execFileSync('node', [script, folder], { encoding: 'utf8' })
    for (const { name, pattern } of secrets) {
      const value = new RegExp(`^${name}=(.+)$`, 'm').exec(read())?.[1] ?? ''
      expect(value, name).toMatch(new RegExp(pattern))
      expect(value, name).toMatch(/^[A-Za-z0-9_-]+$/)
      expect(output).toContain(name)
      expect(output).not.toContain(value)
    }
  })

  it('keeps .env to its owner', () => {
    execFileSync('node', [script, folder])
    if (process.platform !== 'win32') expect(statSync(join(folder, '.env')).mode & 0o777).toBe(0o600)
  })

  it('changes nothing on a second run', () => {
    execFileSync('node', [script, folder])
    const first = read()
    execFileSync('node', [script, folder])
    expect(read()).toBe(first)
  })

  it('refuses a .env in UTF-16, as ">" of Windows PowerShell writes it, and leaves it alone', () => {
    const utf16 = Buffer.from('\ufeffPOSTGRES_PASSWORD=\n', 'utf16le')
    writeFileSync(join(folder, '.env'), utf16)
    const { status, stderr } = spawnSync('node', [script, folder], { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('UTF-16')
    expect(readFileSync(join(folder, '.env'))).toEqual(utf16)
  })
})

describe('the way by hand in docs/AI_INFRA_SETUP.md', () => {
  const block = /```sh\n(touch \.env[^`]*)```/.exec(readText('docs/AI_INFRA_SETUP.md'))?.[1] ?? ''
  const canRun = spawnSync('sh', ['-c', 'command -v openssl sed']).status === 0
  if (!canRun) console.log('skipped: making .env by hand, for there is no shell with openssl here')

  it.skipIf(!canRun)('is three lines that make every secret in its format', () => {
    expect(block.trim().split('\n')).toHaveLength(3)
    copyFileSync(join(repositoryRoot, '.env.example'), join(folder, '.env.example'))
    execFileSync('sh', ['-e', '-c', block], { cwd: folder })
    for (const { name } of secrets) expect(read()).toMatch(new RegExp(`^${name}=.+$`, 'm'))
    expect(malformedSecrets(read(), variables)).toEqual([])
    expect(read()).toContain('OPENAI_API_KEY=')
  })
})

describe('fillSecrets', () => {
  it('keeps what has a value, fills what is empty and adds what is missing', () => {
    const { text, filled } = fillSecrets(
      'POSTGRES_PASSWORD=mine\nREDIS_PASSWORD=""\nOPENAI_API_KEY=\n',
      variables,
    )
    expect(text).toMatch(/^POSTGRES_PASSWORD=mine$/m)
    expect(text).toMatch(/^REDIS_PASSWORD=[0-9a-f]{48}$/m)
    expect(text).toMatch(/^OPENAI_API_KEY=$/m)
    expect(text).toMatch(/^AP_ENCRYPTION_KEY=[0-9a-f]{32}$/m)
    expect(filled).not.toContain('POSTGRES_PASSWORD')
  })

  it('fills lines that end in CRLF', () => {
    const { text } = fillSecrets('REDIS_PASSWORD=\r\nLITELLM_LOG=INFO\r\n', variables)
    expect(text).toMatch(/^REDIS_PASSWORD=[0-9a-f]{48}\r\nLITELLM_LOG=INFO\r?$/m)
  })
})

describe('malformedSecrets', () => {
  it('names a secret that would not work, without its value', () => {
    const problems = malformedSecrets(
      'AP_ENCRYPTION_KEY=tooshort\nREDIS_PASSWORD=with$dollar-and-more-text\n',
      variables,
    )
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'AP_ENCRYPTION_KEY',
      'REDIS_PASSWORD',
    ])
    expect(problems.join()).not.toContain('tooshort')
  })
})
