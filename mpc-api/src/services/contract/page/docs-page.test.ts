import { describe, expect, it } from 'vitest'
import { listOperations } from '../list-operations.ts'
import { type OpenApiDocument } from '../openapi-document.ts'
import { readContract } from '../read-contract.ts'
import { toCurl, toPowerShell } from './call-examples.ts'
import { renderDocsPage } from './docs-page.ts'
import { html } from './html.ts'
import { inline } from './prose.ts'

const contract = await readContract()
const operations = listOperations(contract)
const origin = 'http://mpc.example:3000'
const page = renderDocsPage(contract, origin)
const find = (id: string) => operations.find(({ operationId }) => operationId === id)!

describe('the page of the contract', () => {
  it.each(operations)('shows $operationId', ({ operationId, summary, fullPath }) => {
    expect(page).toContain(`id="${operationId}"`)
    expect(page).toContain(html`${summary}`.text)
    expect(page).toContain(html`<code>${fullPath}</code>`.text)
  })

  it('links only to what it has', () => {
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)

    expect(targets.filter((id) => !ids.has(id))).toEqual([])
    expect(ids.size).toBe([...page.matchAll(/ id="/g)].length)
  })

  it('loads nothing but its own style sheet, and runs nothing', () => {
    expect([...page.matchAll(/<(?:link|script|img|iframe|style)\b[^>]*>/g)].map(([tag]) => tag)).toEqual([
      '<link rel="stylesheet" href="/docs/docs.css" />',
    ])
    expect(page).not.toMatch(/ (?:style|on\w+)="/)
  })

  it('shows the documents of others as text', () => {
    const hostile = structuredClone(contract)
    hostile.info.title = '<script>alert(1)</script>'
    hostile.tags[0]!.description = '`<img src=x>` & more'

    expect(renderDocsPage(hostile, origin)).not.toMatch(/<script|<img/)
  })

  it('has no words left in the way of the template', () => {
    expect(page).not.toMatch(/undefined|\[object|NaN/)
  })
})

describe('the calls that it shows', () => {
  it('quote JSON for the shell', () => {
    const quoted = { content: { 'application/json': { schema: {}, example: { text: "it's" } } } }
    const call = toCurl({ ...find('createEmbedding'), requestBody: quoted }, origin)

    expect(call).toContain(String.raw`"it'\''s"`)
  })

  it('send files as form fields', () => {
    const call = toCurl(find('createTranscription'), origin)

    expect(call).toContain("-F 'file=@talk.mp3'")
    expect(call).toContain("-F 'model=whisper-1'")
    expect(call).not.toContain('Content-Type')
  })

  it('name the key where one is needed, and fill in the path', () => {
    expect(toCurl(find('getFile'), origin)).toBe(
      `curl '${origin}/api/files/file-1' \\\n  -H "Authorization: Bearer $MPC_API_KEY"`,
    )
    expect(toCurl(find('getHealth'), origin)).toBe(`curl '${origin}/health'`)
    expect(toCurl(find('deleteFile'), origin)).toContain('-X DELETE')
  })

  it('send UTF-8 from every PowerShell', () => {
    const call = toPowerShell(find('createChatCompletion'), origin)

    expect(call).toContain("-ContentType 'application/json; charset=utf-8'")
    expect(call).toContain('-Method post')
    expect(toPowerShell(find('createTranscription'), origin)).toBeUndefined()
  })
})

describe('inline', () => {
  it('knows code and weight, and escapes the rest', () => {
    expect(inline('a `b<c` **d** <e>').text).toBe('a <code>b&lt;c</code> <strong>d</strong> &lt;e&gt;')
  })
})

it('a document without tags is a page too', () => {
  const empty: OpenApiDocument = { ...contract, tags: [], paths: {} }

  expect(renderDocsPage(empty, origin)).toContain('</html>')
})
