// Imported first by what people run before anything is installed: an old Node gets one sentence, not a stack.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { URL } from 'node:url'

/**
 * What to tell the user of a Node that is too old; undefined for one that will do.
 * @param {string} version such as `20.19.0`
 * @param {string} range the `engines.node` of package.json, such as `>=20.19`
 */
export function explainOldNode(version, range) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [leastMajor = 0, leastMinor = 0] = range.replace('>=', '').split('.').map(Number)
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined
  return `This needs Node ${leastMajor}.${leastMinor} or newer, and this is Node ${version}: get the current LTS from https://nodejs.org.`
}

/** @type {(text: string) => { engines: { node: string } }} */
const parseManifest = JSON.parse
const { engines } = parseManifest(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const problem = explainOldNode(process.versions.node, engines.node)
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`)
  process.exit(1)
}
