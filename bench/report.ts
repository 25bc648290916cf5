import { judge } from './aims.ts'
import { figureOf, ratioOf, troubles, type Result } from './results.ts'
import { type Measure, type Row } from './rows/row.ts'
import { formatFigure } from './statistics.ts'

export interface Report {
  results: Result[]
  rows: Row[]
  /** The candidates that ran, in the order of their columns. */
  candidates: string[]
  /** Why the others did not. */
  missing: Map<string, string>
  /** Lines about the machine and the way of the run. */
  setting: string[]
}

/** The outcome of one run of the bench as Markdown. */
export function renderReport(report: Report): string {
  const { results, rows, candidates } = report
  const lines = rows.flatMap((row) => row.measures.map((measure) => measureLine(report, row, measure)))
  const reached = judge(results, rows)
  return [
    ...report.setting.map((line) => `- ${line}`),
    ...[...report.missing].map(([name, reason]) => `- left out: ${name}: ${reason}`),
    ...results.flatMap(({ candidate, row, cannot }) =>
      cannot === undefined ? [] : [`- left out: ${candidate}, ${row}: ${cannot}`],
    ),
    '',
    'Each cell: the median (times nginx · times MPC-API). "~" marks a figure that only disturbed runs gave.',
    '',
    ...table(['', ...candidates], lines),
    ...(reached.length > 0 ? ['', ...table(['aim', 'wanted', 'measured', 'reached'], reached)] : []),
    '',
    ...troubles(results).map((line) => `- not whole: ${line}`),
    '',
    ...rows.map((row) => `- ${row.name}: ${row.title}`),
    '',
  ].join('\n')
}

function measureLine(report: Report, row: Row, measure: Measure): string[] {
  return [
    `${row.name}: ${measure.title}`,
    ...report.candidates.map((name) => cell(report.results, row, measure, name)),
  ]
}

function cell(results: Result[], row: Row, measure: Measure, candidate: string): string {
  const figure = figureOf(results, row, measure, candidate)
  if (figure === undefined) return '-'
  const ratios = ['nginx', 'MPC-API'].map((base) => ratioOf(results, row, measure, [candidate, base]))
  const shown = ratios.map((each) => (each === undefined ? '-' : formatFigure(each)))
  const mark = figure.disturbed ? '~' : ''
  return `${mark}${formatFigure(figure.value)} (${shown.join(' · ')})`
}

/** A Markdown table whose columns line up in plain text too. */
export function table(head: string[], lines: string[][]): string[] {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...lines].map((line) => line[column]?.length ?? 0)),
  )
  const render = (line: string[]) =>
    `| ${line.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [render(head), render(widths.map((width) => '-'.repeat(width))), ...lines.map(render)]
}
