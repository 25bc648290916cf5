import { readdirSync, readFileSync } from 'node:fs'

/** CPU time that one process used, in clock ticks, and who started it. */
export interface ProcessStat {
  pid: number
  parent: number
  ticks: number
}

/** CPU time that one core spent, in clock ticks, since boot. */
export interface CoreStat {
  core: number
  busy: number
  stolen: number
}

/** Linux reports CPU time in hundredths of a second on every architecture that Node runs on. */
export const microsecondsPerTick = 10_000

/** Reads the text of /proc/PID/stat. The command may hold spaces and brackets, so fields count from its last bracket. */
export function parseProcessStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[1]),
    ticks: Number(fields[11]) + Number(fields[12]),
  }
}

/** Reads the per-core lines of /proc/stat. Guest time is inside user time already. */
export function parseCoreStats(text: string): CoreStat[] {
  return [...text.matchAll(/^cpu(\d+) (.*)$/gm)].map(([, core, fields]) => {
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = (fields ?? '')
      .split(' ')
      .map(Number)
    return { core: Number(core), busy: user + nice + system + irq + softirq, stolen }
  })
}

/** VmRSS of the text of /proc/PID/status, in KiB; 0 for a process that has no memory left. */
export function parseResidentKib(text: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0)
}

/** The process and all it started, and all those started. */
export function descendants(all: readonly ProcessStat[], root: number): ProcessStat[] {
  const own = all.filter((process) => process.pid === root)
  const below = all.filter((process) => process.parent === root && process.pid !== root)
  return [...own, ...below.flatMap((process) => descendants(all, process.pid))]
}

export function readCoreStats(): CoreStat[] {
  return parseCoreStats(readFileSync('/proc/stat', 'utf8'))
}

/** CPU time of the process tree so far, in microseconds. */
export function treeCpu(root: number): number {
  return readTree(root).reduce((sum, process) => sum + process.ticks, 0) * microsecondsPerTick
}

/** Resident memory of the process tree, in KiB. Pages that two of its processes share count twice. */
export function treeResidentKib(root: number): number {
  return readTree(root).reduce((sum, process) => sum + parseResidentKib(readOf(process.pid, 'status')), 0)
}

function readTree(root: number): ProcessStat[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const stats = pids.map((pid) => readOf(Number(pid), 'stat')).filter((text) => text !== '')
  return descendants(stats.map(parseProcessStat), root)
}

/** A process may end between the listing and the reading: then it used nothing. */
function readOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
