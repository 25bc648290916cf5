import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** A field of an upload; a file has no value. */
export type FormField = readonly [name: string, value: string | null]

/** Reads an upload; undefined when it is refused. */
export type FormReader = (contentType: string, body: Buffer) => Promise<readonly FormField[] | undefined>

const python = resolve(import.meta.dirname, '../../../.cache/litellm-venv/bin/python')

/** The reader that LiteLLM uses; undefined without LiteLLM's environment, which `npm run test:litellm` makes. */
export function startStarlette(): FormReader | undefined {
  if (!existsSync(python)) return undefined
  const script = resolve(import.meta.dirname, 'starlette_reader.py')
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill())
  const waiting: ((line: string) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line))
  return async (contentType, body) => {
    child.stdin.write(`${JSON.stringify({ type: contentType, body: body.toString('base64') })}\n`)
    const line = await new Promise<string>((resolve) => waiting.push(resolve))
    return (JSON.parse(line) as { fields?: FormField[] }).fields
  }
}
