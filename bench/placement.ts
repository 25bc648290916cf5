import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import { hasCommand } from './spawn.ts'

/** Which core the candidate runs on, and which the upstream, the load generator and this process share. */
export interface Placement {
  proxyCore: number | undefined
  toolCore: number | undefined
  /** For the report. */
  described: string
}

/** Keeps this process off the candidate's core, and says where the others go. Nothing is pinned where that cannot be. */
export function placeOnCores(): Placement {
  const cores = availableParallelism()
  const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${cores} cores, Node ${process.versions.node}`
  if (cores < 2 || !hasCommand('taskset')) {
    return { proxyCore: undefined, toolCore: undefined, described: `${machine}, nothing pinned to a core` }
  }
  execFileSync('taskset', ['-acp', '1', String(process.pid)], { stdio: 'ignore' })
  return {
    proxyCore: 0,
    toolCore: 1,
    described: `${machine}, candidate on core 0, upstream and load on core 1`,
  }
}
