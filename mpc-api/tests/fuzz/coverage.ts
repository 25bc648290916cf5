import { type Profiler, Session } from 'node:inspector'

/** Code that ran: for each function, which of its characters. */
export type Reach = ReadonlyMap<string, Uint8Array>

/** Tells which of the gateway's code ran. Sees only what is imported after it was made. */
export interface Coverage {
  /** What ran since the last call. Costs about a millisecond. */
  take(): Reach
}

/** V8's own counters, read in process. There can be one at a time. */
export function startCoverage(isWatched: (url: string) => boolean): Coverage {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return { take: () => reachOf(takeCounters(session).filter(({ url }) => isWatched(url))) }
}

/** All code that has been reached so far. */
export class Reached {
  /** Characters of code. */
  size = 0
  readonly #functions = new Map<string, Uint8Array>()

  /** @returns true when there is something new in it */
  add(reach: Reach): boolean {
    const before = this.size
    for (const [name, marks] of reach) {
      const known = this.#functions.get(name)
      if (known === undefined) this.#functions.set(name, marks)
      this.size += known === undefined ? count(marks) : merge(known, marks)
    }
    return this.size > before
  }

  hasAll(reach: Reach): boolean {
    return [...reach].every(([name, marks]) => {
      const known = this.#functions.get(name)
      return known !== undefined && marks.every((mark, at) => mark <= (known[at] ?? 0))
    })
  }
}

function takeCounters(session: Session): Profiler.ScriptCoverage[] {
  let taken: Profiler.ScriptCoverage[] = []
  // In process it answers before `post` returns.
  session.post('Profiler.takePreciseCoverage', (problem, { result }) => {
    if (problem !== null) throw problem
    taken = result
  })
  return taken
}

/** V8 leaves a block out whose count is that of the code around it, so blocks are not compared: characters are. */
function reachOf(scripts: readonly Profiler.ScriptCoverage[]): Reach {
  const reach = new Map<string, Uint8Array>()
  for (const { scriptId, functions } of scripts) {
    for (const { ranges } of functions) {
      const [whole] = ranges
      if (whole === undefined || whole.count === 0) continue
      const marks = new Uint8Array(whole.endOffset - whole.startOffset)
      for (const { startOffset, endOffset, count } of ranges)
        marks.fill(count > 0 ? 1 : 0, startOffset - whole.startOffset, endOffset - whole.startOffset)
      reach.set(`${scriptId}:${whole.startOffset}-${whole.endOffset}`, marks)
    }
  }
  return reach
}

function count(marks: Uint8Array): number {
  return merge(new Uint8Array(marks.length), marks)
}

/** @returns how many marks are new */
function merge(known: Uint8Array, marks: Uint8Array): number {
  let added = 0
  for (let at = 0; at < marks.length; at += 1) {
    if (marks[at] === 0 || known[at] === 1) continue
    known[at] = 1
    added += 1
  }
  return added
}
