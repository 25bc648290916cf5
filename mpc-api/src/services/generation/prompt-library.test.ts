import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadPrompts } from './prompt-library.ts'

describe('the prompt library', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'prompts-'))
    cpSync(new URL('prompts/', import.meta.url), folder, { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const load = () => loadPrompts(pathToFileURL(`${folder}/`))

  it('takes the highest version of each prompt, by number', () => {
    writeFileSync(join(folder, 'script.v9.md'), 'nine')
    writeFileSync(join(folder, 'script.v10.md'), 'ten')
    expect(load().get('script')).toEqual({ version: 'script.v10', text: 'ten' })
  })

  it('tells an edited file from the one that was shipped', () => {
    const { digest } = load()
    expect(digest).toBe(loadPrompts().digest)
    writeFileSync(join(folder, 'script.v1.md'), 'edited')
    expect(load().digest).not.toBe(digest)
  })

  it('refuses, at start, a missing prompt and one that asks for what it does not get', () => {
    writeFileSync(join(folder, 'metadata.v2.md'), 'Write about {{topic}}')
    expect(load).toThrow(/metadata\.v2\.md asks for what it does not get: topic/)
    rmSync(join(folder, 'metadata.v2.md'))
    writeFileSync(join(folder, 'request.v2.md'), 'Write.')
    expect(load).toThrow(/request\.v2\.md leaves out: requirements, mark, data/)
    rmSync(join(folder, 'request.v2.md'))
    rmSync(join(folder, 'script.v1.md'))
    expect(load).toThrow(/script\.v1\.md/)
  })
})
