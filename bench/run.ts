import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { candidatesWith } from './candidates.ts'
import { type Setting } from './candidates/candidate.ts'
import { helpText } from './help.ts'
import { buildTools } from './native.ts'
import { parseOptions, type Known, type Options } from './options.ts'
import { placeOnCores } from './placement.ts'
import { takePriority } from './priority.ts'
import { renderReport, type Report } from './report.ts'
import { runRows, warm, type Entrant } from './rounds.ts'
import { rowGroups, rows } from './rows.ts'
import { pinned, startTool, stop } from './spawn.ts'
import { whatIsMissing } from './what-is-missing.ts'

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))
const options = readOptions()
const lack = whatIsMissing()
if (lack !== undefined) quit(1, `nothing is measured: ${lack}`)
await main(options)

function readOptions(): Options {
  const names = candidatesWith([]).map(({ name }) => name)
  const known: Known = { candidates: names, rows: rows.map(({ name }) => name), rowGroups }
  try {
    return parseOptions(process.argv.slice(2), known) ?? quit(0, helpText(known, rows))
  } catch (error) {
    return quit(2, error instanceof Error ? error.message : String(error))
  }
}

function quit(code: number, text: string): never {
  ;(code === 0 ? console.log : console.error)(text)
  process.exit(code)
}

async function main(options: Options): Promise<void> {
  takePriority(options.nice)
  const tools = buildTools()
  const { proxyCore, toolCore, described } = placeOnCores()
  const upstream = startTool(pinned(toolCore, [tools.upstream]))
  const setting = {
    upstream: `http://127.0.0.1:${await firstLine(upstream.stdout)}`,
    folder,
    core: proxyCore,
    nodeFlags: options.nodeFlags,
  }
  const bench = { folder, loadProgram: tools.load, proxyCore, toolCore, seconds: options.seconds }
  const missing = new Map<string, string>()
  const entrants = await startAll(options, setting, missing)
  for (const { running } of entrants) await warm(bench, running, 4)
  let text = ''
  const measured = entrants.map(({ candidate }) => candidate.name)
  for await (const results of runRows(options, bench, setting, entrants)) {
    text = save(options, { results, candidates: measured, missing, setting: [described] })
  }
  await Promise.all(entrants.map(({ running }) => running.stop()))
  await stop(upstream)
  console.log(text)
}

async function firstLine(stream: NodeJS.ReadableStream | null): Promise<string> {
  if (stream === null) throw new Error('the scripted upstream has no stdout')
  const [line] = (await once(createInterface(stream), 'line')) as [string]
  return line
}

async function startAll(
  options: Options,
  setting: Setting,
  missing: Map<string, string>,
): Promise<Entrant[]> {
  const entrants: Entrant[] = []
  for (const candidate of candidatesWith(options.also)) {
    if (!options.candidates.includes(candidate.name)) continue
    try {
      entrants.push({ candidate, running: await candidate.start(setting) })
    } catch (error) {
      missing.set(candidate.name, String(error).replaceAll(/\s+/g, ' ').slice(0, 300))
    }
  }
  return entrants
}

/** Writes what is known so far, so that a long run that is stopped was not for nothing. */
function save(options: Options, known: Omit<Report, 'rows'>): string {
  const { results } = known
  const text = renderReport({
    ...known,
    rows: rows.filter(({ name }) => results.some((result) => result.row === name)),
    setting: [...known.setting, `${options.rounds} interleaved rounds of ${options.seconds} s, medians`],
  })
  mkdirSync(dirname(options.out), { recursive: true })
  writeFileSync(options.out, text)
  writeFileSync(options.out.replace(/(\.md)?$/, '.json'), JSON.stringify(results, null, 1))
  return text
}
