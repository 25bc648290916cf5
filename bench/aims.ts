import { figureOf, ratioOf, type Result } from './results.ts'
import { type Measure, type Row } from './rows/row.ts'
import { formatFigure } from './statistics.ts'

/** What MPC-API is to reach. A figure of its own, its ratio to another, or another's ratio to it. */
export type Aim = { row: string; measure: string } & (
  | { atMost: number }
  | { atLeast: number }
  | { timesOf: string; atMost: number }
  | { timesLessThan: string; atLeast: number }
)

const self = 'MPC-API'

export const aims: Aim[] = [
  { row: 'whole-64', measure: 'cpu', timesOf: 'nginx', atMost: 3.5 },
  { row: 'whole-64', measure: 'cpu', timesLessThan: 'Portkey', atLeast: 12 },
  { row: 'whole-64', measure: 'cpu', timesLessThan: 'naive', atLeast: 8 },
  { row: 'whole-64', measure: 'cpu', timesLessThan: 'LiteLLM', atLeast: 120 },
  { row: 'whole-500/s', measure: 'p50', atMost: 0.3 },
  { row: 'stream-5ms', measure: 'cpu', timesOf: 'nginx', atMost: 1.6 },
  { row: 'stream-5ms', measure: 'cpu', timesLessThan: 'Portkey', atLeast: 1.6 },
  { row: 'stream-5ms', measure: 'cpu', timesLessThan: 'LiteLLM', atLeast: 30 },
  { row: 'open-1000', measure: 'memory', timesLessThan: 'Portkey', atLeast: 5 },
  { row: 'open-5000', measure: 'complete', atLeast: 5000 },
  { row: 'open-5000', measure: 'memory', atMost: 32 },
  // Half of the 80 MB that are on their way at once: what passes through is not held.
  { row: 'upload-10MB', measure: 'memory', atMost: 64 },
  { row: 'sockets-1000', measure: 'open', atLeast: 1000 },
]

/** One table line for each aim whose figures are there. */
export function judge(results: Result[], rows: Row[]): string[][] {
  return aims.flatMap((aim) => {
    const row = rows.find((each) => each.name === aim.row)
    const measure = row?.measures.find((each) => each.name === aim.measure)
    const value = row && measure && valueOf(results, row, measure, aim)
    if (value === undefined) return []
    const reached = 'atMost' in aim ? value <= aim.atMost : value >= aim.atLeast
    return [
      [
        `${row?.name ?? ''}, ${measure?.title ?? ''}`,
        wording(aim),
        formatFigure(value),
        reached ? 'yes' : 'NO',
      ],
    ]
  })
}

function valueOf(results: Result[], row: Row, measure: Measure, aim: Aim): number | undefined {
  if ('timesOf' in aim) return ratioOf(results, row, measure, [self, aim.timesOf])
  if ('timesLessThan' in aim) return ratioOf(results, row, measure, [aim.timesLessThan, self])
  return figureOf(results, row, measure, self)?.value
}

function wording(aim: Aim): string {
  if ('timesOf' in aim) return `at most ${aim.atMost} × ${aim.timesOf}`
  if ('timesLessThan' in aim) return `at least ${aim.atLeast} × less than ${aim.timesLessThan}`
  return 'atMost' in aim ? `at most ${aim.atMost}` : `at least ${aim.atLeast}`
}
