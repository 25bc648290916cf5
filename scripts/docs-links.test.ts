import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repositoryRoot } from './stack-catalogue.ts'

const folders = ['docs', 'ai-infra', 'bench'].flatMap((folder) =>
  readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
)
const files = [...readdirSync(repositoryRoot).filter((file) => file.endsWith('.md')), ...folders]

/** The anchors that a Markdown page has: its headings, as GitHub spells them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe('documentation', () => {
  it.each(files)('%s links to files and headings that are there', (file) => {
    const text = readFileSync(join(repositoryRoot, file), 'utf8')
    for (const [, link = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? join(repositoryRoot, file) : join(repositoryRoot, dirname(file), path)
      expect(existsSync(target), `${file}: ${link}`).toBe(true)
      if (anchor !== undefined) expect(anchorsOf(readFileSync(target, 'utf8')), link).toContain(anchor)
    }
  })
})
