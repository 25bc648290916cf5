import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { parseJson } from '../../protocol/parse-json.ts'
import { type OpenApiDocument } from './openapi-document.ts'

const shipped = new URL('./mpc-api.oas.json', import.meta.url)
const written = new URL('../../../../openapi/mpc-api.oas.yaml', import.meta.url)

/**
 * Reads the contract: as JSON where the build has put it, else, in a checkout, as the YAML it is written in. Reading
 * the YAML takes hundreds of milliseconds, which a serving gateway cannot spare.
 */
export async function readContract(): Promise<OpenApiDocument> {
  if (existsSync(shipped)) return parseJson(await readFile(shipped, 'utf8')) as OpenApiDocument
  const { parse } = await import('yaml')
  return parse(await readFile(written, 'utf8')) as OpenApiDocument
}
