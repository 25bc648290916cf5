import { parseArgs } from 'node:util'

export interface Options {
  candidates: string[]
  rows: string[]
  rounds: number
  /** Length of one measured window. */
  seconds: number
  /** How often a disturbed run is tried again. */
  retries: number
  out: string
  /** Scheduling priority of everything that is started: below 0 wants root. */
  nice: number
  nodeFlags: string[]
}

/** Reads the command line. Throws an Error that says what is wrong and what is known. */
export function parseOptions(args: string[], known: { candidates: string[]; rows: string[] }): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      rows: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      retries: { type: 'string' },
      quick: { type: 'boolean', default: false },
      nice: { type: 'string' },
      'node-flags': { type: 'string', default: '' },
      out: { type: 'string', default: '.cache/bench/latest.md' },
    },
  })
  const quick = values.quick
  return {
    candidates: pick('--only', values.only, known.candidates),
    rows: pick('--rows', values.rows, known.rows),
    rounds: atLeast(1, '--rounds', values.rounds, quick ? 1 : 3),
    seconds: atLeast(1, '--seconds', values.seconds, quick ? 2 : 5),
    retries: atLeast(0, '--retries', values.retries, quick ? 0 : 1),
    out: values.out,
    nice: atLeast(-20, '--nice', values.nice, 0),
    nodeFlags: values['node-flags'].split(' ').filter((flag) => flag !== ''),
  }
}

function pick(option: string, value: string | undefined, known: string[]): string[] {
  if (value === undefined) return known
  const names = value.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`${option}: unknown ${unknown.join(', ')}; known: ${known.join(', ')}`)
  return known.filter((name) => names.includes(name))
}

function atLeast(least: number, option: string, value: string | undefined, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value)
  if (!(number >= least)) throw new Error(`${option}: "${value ?? ''}" is not a number of at least ${least}`)
  return number
}
