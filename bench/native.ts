import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hasCommand } from './spawn.ts'

const sources = join(import.meta.dirname, 'native')
const built = join(import.meta.dirname, '../.cache/bench')

/**
 * Compiles the scripted upstream and the load generator, which are C because they share one core and must not be what
 * is measured. Throws an Error where there is no C compiler.
 */
export function buildTools(): { upstream: string; load: string } {
  if (!hasCommand('cc'))
    throw new Error('the bench needs a C compiler: install gcc or clang, so that `cc` is there')
  mkdirSync(built, { recursive: true })
  return { upstream: compile('upstream', ['answers.h']), load: compile('load', ['response.h', 'samples.h']) }
}

function compile(name: string, headers: string[]): string {
  const [source, program] = [join(sources, `${name}.c`), join(built, name)]
  const newest = Math.max(...[source, ...headers.map((header) => join(sources, header))].map(changedAt))
  if (changedAt(program) < newest) execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', program, source])
  return program
}

function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
