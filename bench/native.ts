import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const sources = join(import.meta.dirname, 'native')
const built = join(import.meta.dirname, '../.cache/bench')

/**
 * Compiles the scripted upstream and the load generator, which are C because they share one core and must not be what
 * is measured.
 */
export function buildTools(): { upstream: string; load: string } {
  mkdirSync(built, { recursive: true })
  return { upstream: compile('upstream'), load: compile('load') }
}

function compile(name: string): string {
  const [source, program] = [join(sources, `${name}.c`), join(built, name)]
  const newest = Math.max(...readdirSync(sources).map((file) => changedAt(join(sources, file))))
  if (changedAt(program) < newest) execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-o', program, source])
  return program
}

function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
