import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startCoverage } from './coverage.ts'
import { type Finding, findProblem, fuzz, shrink } from './fuzz.ts'
import { type FuzzTarget } from './fuzz-target.ts'
import { createRandom } from './random.ts'
import { startStarlette } from './starlette.ts'

const root = resolve(import.meta.dirname, '../../..')

const { values: options } = parseArgs({
  options: {
    target: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    input: { type: 'string' },
  },
})

// Before the code that it is to watch is loaded.
const coverage = startCoverage((url) => url.includes('/mpc-api/src/'))
const { createFuzzTargets } = await import('./fuzz-targets.ts')
const starlette = startStarlette()
if (starlette === undefined)
  say("multipart: without LiteLLM's own reader, for npm run test:litellm has not run here")
const targets = createFuzzTargets(starlette)
const chosen = targets.filter(({ name }) => options.target === undefined || name === options.target)
if (chosen.length === 0) throw new Error(`--target: one of ${targets.map(({ name }) => name).join(', ')}`)

for (const target of chosen) {
  const finding = options.input === undefined ? await search(target) : await retry(target, options.input)
  if (finding !== undefined) await report(target, finding)
}
process.exit(process.exitCode)

function retry(target: FuzzTarget, input: string): Promise<Finding | undefined> {
  return findProblem(target, Buffer.from(input, 'base64'))
}

async function search(target: FuzzTarget): Promise<Finding | undefined> {
  const folder = join(root, '.cache/fuzz', target.name)
  await mkdir(folder, { recursive: true })
  const kept = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name))))
  const begun = performance.now()
  const elapsed = (): number => (performance.now() - begun) / 1000
  let toldAt = 0
  const result = await fuzz(target, {
    random: createRandom(Number(options.seed)),
    coverage,
    corpus: kept,
    goesOn: ({ executions, reached, corpus }) => {
      const seconds = elapsed()
      if (seconds >= toldAt || seconds >= Number(options.seconds)) {
        toldAt = toldAt === 0 ? 1 : toldAt * 2
        const rate = Math.round(executions / seconds)
        say(
          `${target.name} ${Math.round(seconds)} s: ${executions} inputs, ${rate}/s, ${reached} characters of code, corpus ${corpus.length}`,
        )
      }
      return seconds < Number(options.seconds)
    },
  })
  const learnt = result.corpus.slice(target.seeds.length + kept.length)
  await Promise.all(learnt.map((input) => writeFile(join(folder, nameOf(input)), input)))
  return result.finding
}

async function report(target: FuzzTarget, finding: Finding): Promise<void> {
  const { input, problem } = await shrink(target, finding)
  process.exitCode = 1
  say(
    `\n${target.name}, seed ${options.seed}: ${problem instanceof Error ? (problem.stack ?? '') : String(problem)}`,
  )
  say(`input: ${JSON.stringify(input.toString('latin1'))}`)
  say(`again: npm run fuzz -- --target ${target.name} --input ${input.toString('base64')}`)
}

function nameOf(input: Buffer): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 16)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
