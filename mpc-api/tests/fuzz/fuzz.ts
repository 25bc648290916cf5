import { type Coverage, type Reach, Reached } from './coverage.ts'
import { type FuzzTarget } from './fuzz-target.ts'
import { mutate } from './mutate.ts'
import { type Random } from './random.ts'

/** Coverage is read once for so many inputs, for reading it costs more than trying one. */
const BATCH = 200
/** Inputs are small: one that takes this long takes more than linear time. */
const TOO_LONG_MS = 250

/** An input that breaks a promise. */
export interface Finding {
  input: Buffer
  problem: unknown
}

export interface FuzzReport {
  executions: number
  /** Characters of code that ran. */
  reached: number
  /** Each input that reached something new, the given ones first. */
  corpus: Buffer[]
  finding: Finding | undefined
}

export interface FuzzOptions {
  random: Random
  coverage: Coverage
  /** Inputs that earlier runs kept, besides the target's own. */
  corpus: readonly Buffer[]
  /** Asked after each batch. */
  goesOn: (report: FuzzReport) => boolean
}

/** Tries changed inputs on a target; those that reach code that none has reached before are changed further. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzReport> {
  const { coverage, random } = options
  const reached = new Reached()
  const given = [...target.seeds.map((seed) => Buffer.from(seed)), ...options.corpus]
  const report: FuzzReport = { executions: 0, reached: 0, corpus: given, finding: undefined }
  const tryAll = async (inputs: readonly Buffer[]): Promise<Reach> => {
    for (const input of inputs) {
      report.executions += 1
      report.finding ??= await findProblem(target, input)
    }
    return coverage.take()
  }

  // What ran when the code was loaded.
  coverage.take()
  reached.add(await tryAll(given))
  while (report.finding === undefined && options.goesOn({ ...report, reached: reached.size })) {
    const material = { corpus: report.corpus, words: target.words }
    const batch = Array.from({ length: BATCH }, () => mutate(random, material))
    const ofBatch = await tryAll(batch)
    if (reached.hasAll(ofBatch)) continue
    for (const input of batch) if (reached.add(await tryAll([input]))) report.corpus.push(input)
    // What does not happen a second time is no reason to look at the batch again and again.
    reached.add(ofBatch)
  }
  return { ...report, reached: reached.size }
}

/** Tries one input. */
export async function findProblem(target: FuzzTarget, input: Buffer): Promise<Finding | undefined> {
  try {
    const begun = performance.now()
    const later = target.check(input)
    const ms = performance.now() - begun
    if (later !== undefined) await later
    if (ms > TOO_LONG_MS && isSlow(target, input)) throw new Error(`it takes ${Math.round(ms)} ms`)
    return undefined
  } catch (problem) {
    return { input, problem }
  }
}

/** The machine may have been busy elsewhere: slow is what is slow each time. */
function isSlow(target: FuzzTarget, input: Buffer): boolean {
  return [1, 2, 3].every(() => {
    const begun = performance.now()
    void target.check(input)
    return performance.now() - begun > TOO_LONG_MS
  })
}

/** Makes a finding smaller while it stays one. */
export async function shrink(target: FuzzTarget, finding: Finding): Promise<Finding> {
  let smallest = finding
  for (let size = finding.input.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= smallest.input.length;) {
      const { input } = smallest
      const less = Buffer.concat([input.subarray(0, at), input.subarray(at + size)])
      const found = await findProblem(target, less)
      if (found === undefined) at += size
      else smallest = found
    }
  }
  return smallest
}
