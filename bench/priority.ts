import { existsSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

const autogroup = '/proc/self/autogroup'

/**
 * Sets the scheduling priority of this process and of all it starts. Linux may schedule by session first, and only
 * inside a session by priority, so the session is given the same one.
 */
export function takePriority(nice: number): void {
  if (nice === 0) return
  setPriority(nice)
  if (existsSync(autogroup)) writeFileSync(autogroup, String(nice))
}
