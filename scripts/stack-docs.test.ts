import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readText } from './compose-projects.ts'
import { readCatalogue, repositoryRoot } from './stack-catalogue.ts'

const pages = readdirSync(join(repositoryRoot, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => ({ file, text: readText(`docs/${file}`) }))

describe('the failures of naive stacks that no Compose file decides', () => {
  // 23, a .env in UTF-16, is in fill-env.test.ts.
  it('28: no command that the documentation has one run takes volumes away', () => {
    const blocks = pages.flatMap(({ file, text }) =>
      [...text.matchAll(/^ *```\w*\n([^]*?)^ *```$/gm)].map(([, code]) => ({ file, code })),
    )
    expect(blocks.length).toBeGreaterThan(10)
    for (const { file, code } of blocks) {
      expect(code, file).not.toMatch(/down\b.*(?:\s-v|--volumes)|volume (?:rm|prune)|system prune/)
    }
  })

  it('30: data is saved by the dump of its database, never as files of one that runs, and together with .env', () => {
    const text = readText('docs/upgrading.md')
    expect(text).toMatch(/Save the data and `\.env` together/)
    expect(text).toMatch(/pg_dump [^`]*-Fc -f/)
    expect(text).not.toMatch(/tar c|pg_dump[^`\n]*>/)
  })
})

describe('docs/security.md', () => {
  const text = readText('docs/security.md')
  const secrets = readCatalogue().variables.filter(({ kind }) => kind === 'generated')
  const collective: Readonly<Record<string, RegExp>> = {
    "Dify's inner keys": /^DIFY_(?:SANDBOX|PLUGIN|WEAVIATE)_/,
  }

  it.each(secrets)('says how to change $name', ({ name }) => {
    const section = text.slice(text.indexOf('## Changing a secret'), text.indexOf('## If a key leaked'))
    const words = Object.entries(collective).find(([, names]) => names.test(name))?.[0] ?? `\`${name}\``
    expect(section).toContain(words)
  })
})
