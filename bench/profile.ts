import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { table } from './report.ts'

/** The parts of a V8 CPU profile (`node --cpu-prof`) that are read here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  /** Microseconds before each sample. */
  timeDeltas: number[]
}

export interface SelfTime {
  name: string
  microseconds: number
}

/** Time spent in each function itself, by what `nameOf` calls it, the longest first. */
export function selfTimes(profile: CpuProfile, nameOf: (frame: Frame) => string): SelfTime[] {
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node.callFrame)]))
  const total = new Map<string, number>()
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id) ?? 'unknown'
    total.set(name, (total.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0))
  }
  return [...total]
    .map(([name, microseconds]) => ({ name, microseconds }))
    .toSorted((a, b) => b.microseconds - a.microseconds)
}

/** The end of a profile: what came before is the start of the process and other rows. */
export function lastSeconds(profile: CpuProfile, seconds: number): CpuProfile {
  let left = seconds * 1e6
  const first = profile.timeDeltas.findLastIndex((delta) => (left -= delta) < 0) + 1
  return { ...profile, samples: profile.samples.slice(first), timeDeltas: profile.timeDeltas.slice(first) }
}

type Frame = CpuProfile['nodes'][number]['callFrame']

/** A function and where it stands: `writeHead node:_http_server:354`. */
export function functionOf({ functionName, url, lineNumber }: Frame): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `${name} ${shorten(url)}:${lineNumber + 1}`
}

/** The package, the folder of ours or the part of Node that a function belongs to. */
export function moduleOf({ functionName, url }: Frame): string {
  if (url === '') return functionName
  return /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? shorten(url)
}

function shorten(url: string): string {
  return url
    .replace(/^file:\/\//, '')
    .replace(/^.*\/node_modules\//, '')
    .replace(/^.*\/dist\//, 'mpc-api ')
}

function print(title: string, times: SelfTime[], count: number): void {
  const busy = times.filter(({ name }) => name !== '(idle)')
  const sum = busy.reduce((total, { microseconds }) => total + microseconds, 0)
  const lines = busy
    .slice(0, count)
    .map(({ name, microseconds }) => [name, ((100 * microseconds) / sum).toFixed(1)])
  console.log([`\n${title}`, ...table(['self time', '% of busy'], lines)].join('\n'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , file = '', seconds = Infinity] = process.argv
  const profile = lastSeconds(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile, Number(seconds))
  print('by function', selfTimes(profile, functionOf), 45)
  print('by module', selfTimes(profile, moduleOf), 40)
}
