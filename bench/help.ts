import { type Known } from './options.ts'
import { type Row } from './rows/row.ts'

/** What `--help` prints. */
export function helpText({ candidates, rowGroups }: Known, rows: Row[]): string {
  const widest = Math.max(...rows.map(({ name }) => name.length))
  return [
    'npm run bench -- [options]: MPC-API and what it is compared with, under the same load; one table.',
    '',
    '  --only NAMES      candidates to measure, comma-separated',
    '  --also NAME=DIR   MPC-API as built in another checkout, as one more candidate; may be given again',
    '  --rows NAMES      rows or groups of rows to measure, comma-separated',
    '  --rounds N        how often each is measured (3)',
    '  --seconds N       length of a measured window (5)',
    '  --retries N       how often a disturbed run is tried again (1)',
    '  --quick           one round of 2 s, no retries',
    '  --nice=N          scheduling priority of all that is started; below 0 wants root',
    '  --node-flags="F"  flags for the node that runs MPC-API, such as --cpu-prof',
    '  --out FILE        where the table goes (.cache/bench/latest.md)',
    '',
    `candidates: ${candidates.join(', ')}`,
    ...Object.entries(rowGroups).map(([group, names]) => `rows, ${group}: ${names.join(', ')}`),
    '',
    ...rows.map(({ name, title }) => `  ${name.padEnd(widest)}  ${title}`),
  ].join('\n')
}
