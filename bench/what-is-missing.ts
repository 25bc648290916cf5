import { hasCommand } from './spawn.ts'

/** Why nothing can be measured on this machine; undefined where it can. */
export function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'the bench reads CPU time from /proc, so it runs on Linux only'
  if (!hasCommand('cc')) return 'there is no C compiler as `cc`: install gcc or clang'
  return undefined
}
