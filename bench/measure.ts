import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Running } from './candidates/candidate.ts'
import { type Measurement } from './measurement.ts'
import { microsecondsPerTick, readCoreStats, treeCpu, treeResidentKib } from './proc.ts'
import { requestBytes } from './requests.ts'
import { type Row } from './rows/row.ts'
import { pinned, startTool, stop } from './spawn.ts'

/** Where a run takes place: the tools, the cores, and how long a window is. */
export interface Bench {
  folder: string
  loadProgram: string
  proxyCore: number | undefined
  toolCore: number | undefined
  seconds: number
}

const disturbance = 0.08

type Event = { event: 'begin' | 'end' | 'done' } & Partial<Measurement>

/** Puts the candidate under the row's load once. */
export async function measure(bench: Bench, row: Row, candidate: Running): Promise<Measurement> {
  await settle(candidate)
  const file = join(bench.folder, 'request')
  writeFileSync(file, requestBytes(candidate, row.request()))
  const memory = row.fresh ? watchMemory(candidate) : undefined
  const window = new Window(bench, candidate)
  const seen: Partial<Measurement> = {}
  const tool = startTool([
    ...pinned(bench.toolCore, [bench.loadProgram]),
    ...loadOptions(bench, row, candidate, file),
  ])
  if (tool.stdout === null) throw new Error('the load generator has no stdout')
  for await (const line of createInterface(tool.stdout)) {
    const { event, ...figures } = JSON.parse(line) as Event
    if (event === 'begin') window.open()
    if (event === 'end') Object.assign(seen, window.close(), memory?.())
    Object.assign(seen, figures)
  }
  if (tool.exitCode === null) await once(tool, 'exit')
  await stop(tool)
  if (seen.requests === undefined) throw new Error('the load generator ended early')
  return seen as Measurement
}

function loadOptions(bench: Bench, row: Row, candidate: Running, file: string): string[] {
  const { load } = row
  const options = {
    port: candidate.port,
    request: file,
    mode: load.mode,
    connections: load.connections,
    chunks: row.chunks,
    rate: load.rate ?? 0,
    ramp: load.ramp ?? 0,
    warmup: load.warmup ?? 0,
    seconds: load.seconds ?? bench.seconds,
    limit: load.limit ?? 15,
  }
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/** CPU time of the candidate and of its core, between two instants. */
class Window {
  readonly #bench: Bench
  readonly #candidate: Running
  #opened = { at: 0, cpu: 0, core: 0 }

  constructor(bench: Bench, candidate: Running) {
    this.#bench = bench
    this.#candidate = candidate
  }

  open(): void {
    this.#opened = this.#read()
  }

  close(): Pick<Measurement, 'cpuUs' | 'foreign' | 'disturbed'> {
    const now = this.#read()
    const cpuUs = now.cpu - this.#opened.cpu
    const foreign = Math.max(0, now.core - this.#opened.core - cpuUs) / 1000 / (now.at - this.#opened.at)
    const figures = { foreign, disturbed: foreign > disturbance }
    return this.#candidate.pid === undefined ? { foreign: 0, disturbed: false } : { ...figures, cpuUs }
  }

  #read() {
    const cpu = this.#candidate.pid === undefined ? 0 : treeCpu(this.#candidate.pid)
    const core = readCoreStats().find((stat) => stat.core === this.#bench.proxyCore)
    return { at: performance.now(), cpu, core: core ? (core.busy + core.stolen) * microsecondsPerTick : cpu }
  }
}

/** Notes the most memory that the candidate held, until the returned function is called. */
function watchMemory({ pid }: Running): () => Pick<Measurement, 'idleKib' | 'peakKib'> {
  if (pid === undefined) return () => ({})
  const idleKib = treeResidentKib(pid)
  let peakKib = idleKib
  const timer = setInterval(() => (peakKib = Math.max(peakKib, treeResidentKib(pid))), 250)
  return () => {
    clearInterval(timer)
    return { idleKib, peakKib }
  }
}

/** Waits, for a bounded while, until the candidate has done away with what an earlier run left. */
async function settle({ pid }: Running): Promise<void> {
  if (pid === undefined) return
  for (let tries = 0; tries < 40; tries++) {
    const before = treeCpu(pid)
    await sleep(250)
    if (treeCpu(pid) - before <= microsecondsPerTick) return
  }
}
