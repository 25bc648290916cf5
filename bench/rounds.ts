import { type Candidate, type Running, type Setting } from './candidates/candidate.ts'
import { measure, type Bench } from './measure.ts'
import { type Measurement } from './measurement.ts'
import { type Options } from './options.ts'
import { type Result } from './results.ts'
import { rows } from './rows.ts'
import { type Row } from './rows/row.ts'
import { warmUps } from './rows/warm-up.ts'

/** A candidate that is part of this run: its long-lived process, which rows that want a new one leave alone. */
export interface Entrant {
  candidate: Candidate
  running: Running
}

/**
 * Measures row by row, and gives all results so far after each. Rounds go through all candidates in turn, so that a slow
 * minute of the machine hits every one of them.
 */
export async function* runRows(
  options: Options,
  bench: Bench,
  setting: Setting,
  entrants: Entrant[],
): AsyncGenerator<Result[]> {
  const results: Result[] = []
  for (const row of rows.filter(({ name }) => options.rows.includes(name))) {
    const ofRow = entrants.map(({ candidate }): Result => ({
      row: row.name,
      candidate: candidate.name,
      runs: [],
      cannot: candidate.cannot?.[row.name],
    }))
    for (let round = 1; round <= options.rounds; round++) {
      for (const [index, entrant] of entrants.entries()) {
        const result = ofRow[index]
        if (result !== undefined && result.cannot === undefined)
          await runOnce(options, { bench, setting, row, entrant, result })
      }
    }
    results.push(...ofRow)
    yield results
  }
}

interface Turn {
  bench: Bench
  setting: Setting
  row: Row
  entrant: Entrant
  result: Result
}

/** A disturbed run is tried again; of all tries the least disturbed one counts. */
async function runOnce({ retries }: Options, turn: Turn): Promise<void> {
  const tries: Measurement[] = []
  while (tries.length <= retries && tries.every((run) => run.disturbed)) {
    try {
      tries.push(await runTurn(turn))
    } catch (error) {
      turn.result.error = String(error)
      break
    }
    narrate(turn, tries.at(-1))
  }
  const [best] = tries.toSorted((a, b) => a.foreign - b.foreign)
  if (best !== undefined) turn.result.runs.push(best)
}

/** A cold process spends most of its first seconds on compiling; nobody asks how fast that is. */
export async function warm(bench: Bench, running: Running, seconds: number): Promise<void> {
  for (const row of warmUps) await measure({ ...bench, seconds }, row, running)
}

async function runTurn({ bench, setting, row, entrant }: Turn): Promise<Measurement> {
  if (!row.fresh) return measure(bench, row, entrant.running)
  const running = await entrant.candidate.start(setting)
  await warm(bench, running, 1)
  return measure(bench, row, running).finally(() => running.stop())
}

function narrate({ row, entrant }: Turn, run: Measurement | undefined): void {
  if (run === undefined) return
  const figures = row.measures.map((each) => `${each.title} ${each.of(run)?.toFixed(3) ?? '-'}`).join(', ')
  console.error(
    `${row.name} ${entrant.candidate.name}: ${figures}, foreign CPU ${(run.foreign * 100).toFixed(1)} %`,
  )
}
