import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** How a generated secret is made: `prefix`, then that many random bytes in the encoding. */
export interface SecretFormat {
  prefix: string
  bytes: number
  encoding: 'hex' | 'base64url'
}

interface Common {
  name: string
  group: string
  about: string
  /** The Compose projects that read it. */
  projects: string[]
}

export interface GeneratedSecret extends Common {
  kind: 'generated'
  format: SecretFormat
  /** What a value has to look like, also one that a person chose. */
  pattern: string
  /** When and how it may be changed. */
  change: string
}

/** What only a person knows: a key, or the address that belongs to it. */
export interface TypedValue extends Common {
  kind: 'typed'
  secret: boolean
  example: string
}

export interface Setting extends Common {
  kind: 'setting'
  default: string
}

export type StackVariable = GeneratedSecret | TypedValue | Setting

export interface Group {
  id: string
  title: string
  about: string
}

/** What `ai-infra/variables.json` holds. */
export interface Catalogue {
  groups: Group[]
  variables: StackVariable[]
}

export const repositoryRoot = fileURLToPath(new URL('..', import.meta.url))

export function readCatalogue(): Catalogue {
  return JSON.parse(readFileSync(`${repositoryRoot}/ai-infra/variables.json`, 'utf8')) as Catalogue
}
