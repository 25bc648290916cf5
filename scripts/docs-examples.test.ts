import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDemoUpstream } from '../mpc-api/src/demo-upstream/demo-upstream.ts'
import { type TestGateway, startGateway } from '../mpc-api/tests/support/start-gateway.ts'
import { readText } from './compose-projects.ts'
import { repositoryRoot } from './stack-catalogue.ts'

const run = promisify(execFile)
const demo = createDemoUpstream()
/** Inside the repository, so that the examples find its packages. */
const folder = join(repositoryRoot, '.cache/docs-examples')
let gateway: TestGateway

beforeAll(async () => {
  demo.listen(0, '127.0.0.1')
  await once(demo, 'listening')
  const { port } = demo.address() as AddressInfo
  gateway = await startGateway({ LITELLM_BASE_URL: `http://127.0.0.1:${port}` })
  mkdirSync(folder, { recursive: true })
})
afterAll(async () => {
  await gateway.stop()
  demo.close()
  demo.closeAllConnections()
  rmSync(folder, { recursive: true })
})

const pages = [
  'README.md',
  'docs/generation.md',
  ...readdirSync(join(repositoryRoot, 'docs/recipes')).map((name) => `docs/recipes/${name}`),
]
const fence = /^```(\w+)\n([^]*?)^```$/gm
const blocks = pages.flatMap((page) =>
  [...readText(page).matchAll(fence)].map(([, language = '', text = '']) => ({ page, language, text })),
)
const curlLines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ page, text }) => text.split('\n').map((line) => ({ page, line })))
  .filter(({ line }) => line.startsWith('curl '))
const scripts = (wanted: string) => blocks.filter(({ language }) => language === wanted)

const canCurl = spawnSync('sh', ['-c', 'command -v curl']).status === 0
if (!canCurl)
  console.log('skipped: the curl lines of README.md and docs/recipes, for there is no shell with curl')
/** The tests against LiteLLM leave an environment with that package behind. */
const python = ['python3', join(repositoryRoot, '.cache/python-clients/bin/python')].find(
  (program) => spawnSync(program, ['-c', 'import openai']).status === 0,
)
if (python === undefined)
  console.log('skipped: the Python of README.md and docs/recipes, for its package openai is not installed')

/** The text as it stands, but for the address. */
const here = (text: string) => text.replaceAll('http://localhost:3000', gateway.url)

describe('README.md and docs/recipes, where the demo upstream answers', () => {
  it('print calls of all three kinds', () => {
    expect(curlLines.length).toBeGreaterThan(6)
    expect(scripts('js').length).toBeGreaterThan(2)
    expect(scripts('python').length).toBeGreaterThan(1)
  })

  it.skipIf(!canCurl).each(curlLines)('$page: $line', async ({ line }) => {
    const { stdout } = await run('sh', [
      '-c',
      here(line).replace('curl ', 'curl --silent --show-error --fail-with-body '),
    ])
    expect(stdout).toMatch(/^(?:data: |event: |\{)/)
    expect(stdout).not.toContain('"error"')
  })

  it.each(scripts('js'))('$page: its JavaScript prints an answer', async ({ text }) => {
    const file = join(folder, `example-${scripts('js').findIndex((block) => block.text === text)}.mjs`)
    writeFileSync(file, here(text))
    const { stdout } = await run(process.execPath, [file], { env: { PATH: process.env['PATH'] } })
    expect(stdout).toMatch(/demo upstream/)
  })

  it.skipIf(python === undefined).each(scripts('python'))(
    '$page: its Python prints an answer',
    async ({ text }) => {
      const { stdout } = await run(python ?? '', ['-c', here(text)], { env: { PATH: process.env['PATH'] } })
      expect(stdout).toMatch(/demo upstream/)
    },
  )

  it('name only commands of package.json and files that are there', () => {
    const { scripts: known } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
    const text = [...pages, 'CONTRIBUTING.md'].map(readText).join('\n')
    for (const [, name = ''] of text.matchAll(/npm run ([\w:]+)\b(?! -w)/g)) {
      expect(Object.keys(known)).toContain(name)
    }
    for (const [, file = ''] of text.matchAll(/node (scripts\/[\w.-]+)/g)) {
      expect(existsSync(join(repositoryRoot, file)), file).toBe(true)
    }
  })
})
