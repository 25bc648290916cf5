import { parseArgs } from 'node:util'

export interface Options {
  candidates: string[]
  also: OtherBuild[]
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

/** MPC-API as it was built in another checkout. */
export interface OtherBuild {
  name: string
  folder: string
}

/** What can be picked by name. A group stands for several rows. */
export interface Known {
  candidates: string[]
  rows: string[]
  rowGroups: Record<string, string[]>
}

const options = {
  only: { type: 'string' },
  also: { type: 'string', multiple: true },
  rows: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  retries: { type: 'string' },
  quick: { type: 'boolean', default: false },
  nice: { type: 'string' },
  'node-flags': { type: 'string', default: '' },
  out: { type: 'string', default: '.cache/bench/latest.md' },
  help: { type: 'boolean', default: false },
} as const

/** Reads the command line; undefined when it asks for help. Throws an Error that says what is wrong in one sentence. */
export function parseOptions(args: string[], known: Known): Options | undefined {
  const values = readValues(args)
  if (values.help) return undefined
  const quick = values.quick
  const also = (values.also ?? []).map(readBuild)
  const candidates = [...known.candidates, ...also.map(({ name }) => name)]
  if (new Set(candidates).size < candidates.length) throw new Error('--also: each NAME must be a new one')
  return {
    candidates: pick('--only', values.only, candidates),
    also,
    rows: pick('--rows', values.rows, known.rows, known.rowGroups),
    rounds: atLeast(1, '--rounds', values.rounds, quick ? 1 : 3),
    seconds: atLeast(1, '--seconds', values.seconds, quick ? 2 : 5),
    retries: atLeast(0, '--retries', values.retries, quick ? 0 : 1),
    out: values.out,
    nice: atLeast(-20, '--nice', values.nice, 0),
    nodeFlags: values['node-flags'].split(' ').filter((flag) => flag !== ''),
  }
}

/** Node explains its refusals at length: of that the first sentence is kept. */
function readValues(args: string[]) {
  try {
    return parseArgs({ args, options }).values
  } catch (error) {
    const [sentence = ''] = String(error instanceof Error ? error.message : error).split(/\.(?:\s|$)/)
    throw new Error(`${sentence}; \`npm run bench -- --help\` lists the options`, { cause: error })
  }
}

function readBuild(text: string): OtherBuild {
  const [, name, folder] = /^([\w.-]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || folder === undefined) throw new Error(`--also: "${text}" is not NAME=DIR`)
  return { name, folder }
}

function pick(
  option: string,
  value: string | undefined,
  known: string[],
  groups: Record<string, string[]> = {},
): string[] {
  if (value === undefined) return known
  const names = value.split(',').flatMap((name) => groups[name.trim()] ?? [name.trim()])
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(
      `${option}: unknown ${unknown.join(', ')}; known: ${[...known, ...Object.keys(groups)].join(', ')}`,
    )
  return known.filter((name) => names.includes(name))
}

function atLeast(least: number, option: string, value: string | undefined, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value)
  if (!(number >= least)) throw new Error(`${option}: "${value ?? ''}" is not a number of at least ${least}`)
  return number
}
