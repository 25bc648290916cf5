import { type Measurement } from './measurement.ts'
import { type Measure, type Row } from './rows/row.ts'
import { median, ratio } from './statistics.ts'

/** The runs of one candidate in one row, or why there are none. */
export interface Result {
  row: string
  candidate: string
  runs: Measurement[]
  /** Why the candidate has nothing for this row. */
  cannot?: string | undefined
  error?: string
}

/** The median of one measure over the runs that count, and whether every one of them was disturbed. */
export interface Figure {
  value: number
  disturbed: boolean
}

/** Disturbed runs count only where there is no other. `added` measures are counted from the direct way's median. */
export function figureOf(
  results: Result[],
  row: Row,
  measure: Measure,
  candidate: string,
): Figure | undefined {
  const all = results.find((result) => result.row === row.name && result.candidate === candidate)?.runs ?? []
  const quiet = all.filter((run) => !run.disturbed)
  const counted = quiet.length > 0 ? quiet : all
  const value = median(counted.map((run) => measure.of(run)).filter((each) => each !== undefined))
  if (value === undefined) return undefined
  const base = measure.added ? figureOf(results, row, { ...measure, added: false }, 'direct')?.value : 0
  return base === undefined ? undefined : { value: value - base, disturbed: quiet.length === 0 }
}

/** How many times the other candidate's figure this candidate's is. */
export function ratioOf(
  results: Result[],
  row: Row,
  measure: Measure,
  pair: [string, string],
): number | undefined {
  const [one, other] = pair.map((candidate) => figureOf(results, row, measure, candidate)?.value)
  return ratio(one, other)
}

/** One sentence for each candidate and row in which not every answer was whole. */
export function troubles(results: Result[]): string[] {
  return results.flatMap(({ row, candidate, runs, error }) => {
    const sum = (of: (run: Measurement) => number) => runs.reduce((total, run) => total + of(run), 0)
    const counts = {
      failed: sum((run) => run.failed),
      incomplete: sum((run) => run.incomplete),
      unfinished: sum((run) => run.unfinished),
    }
    const said = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []))
    const status = runs.find((run) => run.failed > 0)?.failedStatus
    if (status !== undefined) said.push(`last status ${status}`)
    if (error !== undefined) said.push(error)
    return said.length > 0 ? [`${candidate}, ${row}: ${said.join(', ')}`] : []
  })
}
