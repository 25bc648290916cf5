import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

/** What each prompt is filled with. A file that asks for anything else is refused at start. */
const VARIABLES = {
  script: [],
  'thumbnail-prompt': [],
  metadata: [],
  request: ['requirements', 'mark', 'data'],
  schema: ['schema'],
  repair: ['problems'],
} as const satisfies Record<string, readonly string[]>

export type PromptName = keyof typeof VARIABLES

export interface Prompt {
  /** Such as `script.v1`. */
  version: string
  text: string
}

/** The prompts in force, and what tells one set of them from another. */
export interface PromptLibrary {
  get(name: PromptName): Prompt
  /** Eight hex digits over the text of all prompts: an edited file is another set under the same names. */
  digest: string
}

const FILE = /^([a-z-]+)\.v(\d+)\.md$/
const OWN_FOLDER = new URL('prompts/', import.meta.url)

/**
 * Reads the prompts from their files, `{name}.v{number}.md`; of several versions the highest counts.
 *
 * @throws {Error} when one is missing or asks for a value that it does not get
 */
export function loadPrompts(folder: URL = OWN_FOLDER): PromptLibrary {
  const files = readdirSync(folder)
  const prompts = new Map<string, Prompt>()
  for (const [name, variables] of Object.entries(VARIABLES))
    prompts.set(name, load(folder, files, name, variables))
  const hash = createHash('sha256')
  for (const { version, text } of prompts.values()) hash.update(`${version}\n${text}\n`)
  return {
    get: (name) => prompts.get(name) as Prompt,
    digest: hash.digest('hex').slice(0, 8),
  }
}

function load(folder: URL, files: readonly string[], name: string, variables: readonly string[]): Prompt {
  const numbers = files.flatMap((file) => {
    const match = FILE.exec(file)
    return match?.[1] === name ? [Number(match[2])] : []
  })
  if (numbers.length === 0) throw new Error(`there is no prompt ${name}.v1.md in ${folder.pathname}`)
  const version = `${name}.v${Math.max(...numbers)}`
  const text = readFileSync(new URL(`${version}.md`, folder), 'utf8')
    .replaceAll('\r\n', '\n')
    .trimEnd()
  const asked = new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] as string))
  const wrong = [...asked].filter((variable) => !variables.includes(variable))
  const unused = variables.filter((variable) => !asked.has(variable))
  if (wrong.length > 0)
    throw new Error(`the prompt ${version}.md asks for what it does not get: ${wrong.join(', ')}`)
  if (unused.length > 0) throw new Error(`the prompt ${version}.md leaves out: ${unused.join(', ')}`)
  return { version, text }
}

/** Puts values into a prompt, in one pass: what looks like a variable inside a value stays as it is. */
export function fill(prompt: Prompt, values: Readonly<Record<string, string>>): string {
  return prompt.text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole)
}
