import { readFile } from 'node:fs/promises'
import { flattenContract } from './flatten-contract.ts'
import { renderDocsPage } from './page/docs-page.ts'
import { readContract } from './read-contract.ts'

/** Stands where the origin goes in what is made once for every caller. It needs no escaping in JSON and HTML. */
const ORIGIN = 'http://origin.invalid'

/** The contract in the forms that it is served in. */
export interface PublishedContract {
  /** OpenAPI 3.1. */
  json: Buffer
  /** The style of the page. */
  css: Buffer
  /** OpenAPI 3.0.3, flattened, for callers at this origin. */
  flatFor(origin: string): Buffer
  /** The page for people, with calls to this origin. */
  pageFor(origin: string): Buffer
}

let published: Promise<PublishedContract> | undefined

/** Makes every form once, when the first of them is asked for. */
export function publishedContract(): Promise<PublishedContract> {
  published ??= publish()
  return published
}

async function publish(): Promise<PublishedContract> {
  const document = await readContract()
  const css = await readFile(new URL('./page/docs.css', import.meta.url))
  const flat = JSON.stringify(flattenContract(document, ORIGIN))
  const page = renderDocsPage(document, ORIGIN)
  return {
    json: Buffer.from(JSON.stringify(document)),
    css,
    flatFor: (origin) => Buffer.from(flat.replaceAll(ORIGIN, origin)),
    pageFor: (origin) => Buffer.from(page.replaceAll(ORIGIN, origin)),
  }
}
