import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { repositoryRoot } from './stack-catalogue.ts'

/** A file of the repository that is made from other files, and kept in Git so that people can read it there. */
export interface GeneratedFile {
  /** From the repository root. */
  path: string
  /** What a person runs to make it anew. */
  command: string
  render: () => string
}

/** Writes the file; with `--check` on the command line says instead when it is stale, and exits with 1. */
export function writeOrCheck({ path, command, render }: GeneratedFile): void {
  const text = render()
  const file = join(repositoryRoot, path)
  if (!process.argv.includes('--check')) {
    writeFileSync(file, text)
  } else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${path} is stale: run "${command}" and commit what it writes`)
    process.exitCode = 1
  }
}

/** True for the module that Node was started with. */
export function isProgram(moduleUrl: string): boolean {
  return moduleUrl === pathToFileURL(process.argv[1] ?? '').href
}
