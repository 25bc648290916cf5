// Makes .env from .env.example where it is missing, and fills in every generated secret that is still empty.
// What has a value is never touched. Plain JavaScript without dependencies: it runs before anything is installed,
// with any Node, or in a container:
//   docker run --rm -v "$PWD":/repo -w /repo node:24-bookworm-slim node scripts/fill-env.mjs
import console from 'node:console'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** @typedef {{ prefix: string, bytes: number, encoding: 'hex' | 'base64url' }} SecretFormat */
/** @typedef {{ name: string, kind: string, format?: SecretFormat, pattern?: string }} Variable */

/**
 * The text of `.env` with the empty secrets filled, and which ones those were. A secret that has no line yet gets
 * one at the end.
 * @param {string} text
 * @param {readonly Variable[]} variables
 */
export function fillSecrets(text, variables) {
  if (text.includes('\0')) {
    throw new Error('.env is UTF-16, as ">" of Windows PowerShell writes it: save it as UTF-8')
  }
  const filled = []
  for (const { name, format } of variables) {
    if (format === undefined) continue
    const line = new RegExp(`^${name}=(.*)$`, 'm')
    const value = line.exec(text)?.[1]?.trim()
    if (value !== undefined && !['', '""', "''"].includes(value)) continue
    const secret = `${name}=${makeSecret(format)}`
    text = value === undefined ? `${text.trimEnd()}\n${secret}\n` : text.replace(line, secret)
    filled.push(name)
  }
  return { text, filled }
}

/** @param {SecretFormat} format */
function makeSecret({ prefix, bytes, encoding }) {
  return prefix + randomBytes(bytes).toString(encoding)
}

/**
 * The secrets whose value would not work, by name: never with the value.
 * @param {string} text
 * @param {readonly Variable[]} variables
 */
export function malformedSecrets(text, variables) {
  return variables
    .filter(({ name, pattern }) => {
      const value = new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.trim()
      return pattern !== undefined && value !== undefined && !new RegExp(pattern).test(value)
    })
    .map(({ name, pattern }) => `${name} does not look like ${pattern}`)
}

/** @type {(text: string) => { variables: Variable[] }} */
const parseCatalogue = JSON.parse

/** @param {string} folder where `.env` is */
function main(folder) {
  const path = join(folder, '.env')
  const { variables } = parseCatalogue(readFileSync(join(root, 'ai-infra/variables.json'), 'utf8'))
  const before = readFileSync(existsSync(path) ? path : join(root, '.env.example'), 'utf8')
  const { text, filled } = fillSecrets(before, variables)
  // Written beside and renamed: an interruption leaves the old file whole.
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
  console.log(filled.length === 0 ? '.env has every secret' : `.env: made ${filled.join(', ')}`)
  for (const problem of malformedSecrets(text, variables)) console.warn(`warning: ${problem}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main(resolve(process.argv[2] ?? root))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
