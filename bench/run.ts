import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { candidates } from './candidates.ts'
import { type Setting } from './candidates/candidate.ts'
import { buildTools } from './native.ts'
import { parseOptions, type Options } from './options.ts'
import { placeOnCores } from './placement.ts'
import { takePriority } from './priority.ts'
import { renderReport } from './report.ts'
import { type Result } from './results.ts'
import { runRows, warm, type Entrant } from './rounds.ts'
import { rows } from './rows.ts'
import { pinned, startTool, stop } from './spawn.ts'

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
process.on('SIGINT', () => process.exit(130))
await main()

async function main(): Promise<void> {
  if (process.platform !== 'linux')
    throw new Error('the bench reads CPU time from /proc: it runs on Linux only')
  const known = { candidates: candidates.map(({ name }) => name), rows: rows.map(({ name }) => name) }
  const options = parseOptions(process.argv.slice(2), known)
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
  for await (const results of runRows(options, bench, setting, entrants)) {
    text = save(options, results, missing, described)
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
  for (const candidate of candidates.filter(({ name }) => options.candidates.includes(name))) {
    try {
      entrants.push({ candidate, running: await candidate.start(setting) })
    } catch (error) {
      missing.set(candidate.name, String(error).replaceAll(/\s+/g, ' ').slice(0, 300))
    }
  }
  return entrants
}

/** Writes what is known so far, so that a long run that is stopped was not for nothing. */
function save(options: Options, results: Result[], missing: Map<string, string>, machine: string): string {
  const text = renderReport({
    results,
    rows: rows.filter(({ name }) => results.some((result) => result.row === name)),
    candidates: options.candidates.filter((name) => !missing.has(name)),
    missing,
    setting: [machine, `${options.rounds} interleaved rounds of ${options.seconds} s, medians`],
  })
  mkdirSync(dirname(options.out), { recursive: true })
  writeFileSync(options.out, text)
  writeFileSync(options.out.replace(/(\.md)?$/, '.json'), JSON.stringify(results, null, 1))
  return text
}
