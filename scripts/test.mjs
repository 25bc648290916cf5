// `npm test`: installs what is missing, then runs everything that needs nothing but Node. `node scripts/test.mjs litellm`,
// `nodes` and `stack` run what needs more, `all` runs it all. Plain JavaScript: it runs before anything is installed.
import './require-node.mjs'
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { installPackages } from './install-packages.mjs'
import { runNpm } from './run-npm.mjs'
import { runProgram } from './run-program.mjs'
import { build, checks, suites } from './test-steps.mjs'
import { readCounts, summarize } from './vitest-counts.mjs'

/** @typedef {import('./test-steps.mjs').Step} Step */
/** @typedef {import('./vitest-counts.mjs').Counts} Counts */

const root = resolve(fileURLToPath(import.meta.url), '../..')
/** Programs that write into a pipe cannot see whether a terminal is at its end. */
const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }
const wanted = process.argv[2] ?? 'default'
const chosen = wanted === 'all' ? Object.values(suites).flat() : suites[wanted]
if (chosen === undefined) {
  say(`There is no "${wanted}": ${Object.keys(suites).join(', ')} or all.`)
  process.exit(2)
}

try {
  await installPackages(root)
} catch (problem) {
  say(problem instanceof Error ? problem.message : String(problem))
  say(summarize([{ passed: 0, failed: 1, skipped: 0 }]))
  process.exit(1)
}
const results = await runAll(['default', 'all'].includes(wanted) ? checks : [], chosen)
say(`\n${summarize(results)}`)
process.exitCode = results.some(({ failed }) => failed > 0) ? 1 : 0

/**
 * Checks side by side; then, once it is built, the suites one after the other: some of them measure time.
 * @param {readonly Step[]} readers
 * @param {readonly Step[]} testers
 */
async function runAll(readers, testers) {
  const all = await runSideBySide(readers)
  const built = await runStep(build)
  all.push(built)
  if (built.failed > 0) {
    say('not run: the tests, since they need the build')
    return all
  }
  for (const step of testers) all.push(await runStep(step))
  return all
}

/** @param {readonly Step[]} steps */
async function runSideBySide(steps) {
  /** @type {Counts[]} */
  const all = []
  const waiting = [...steps]
  const work = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) all.push(await runStep(step))
  }
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work))
  return all
}

/** @param {Step} step @returns {Promise<Counts>} */
async function runStep({ name, program, args, needs, report, limitMs = 15 * 60_000 }) {
  const reportFile = report === undefined ? undefined : join(root, report)
  if (reportFile !== undefined) rmSync(reportFile, { force: true })
  const startedAt = performance.now()
  const options = { cwd: root, limitMs, env: colours }
  if (needs !== undefined && !(await runNpm(needs, options)).ok) {
    say(`${name.padEnd(32)} skipped: \`npm ${needs.join(' ')}\` does not work here`)
    return { passed: 0, failed: 0, skipped: 1 }
  }
  const { ok, output } =
    program === 'npm'
      ? await runNpm(args, options)
      : await runProgram(process.execPath, [join(root, 'node_modules', program), ...args], options)
  const counts = reportFile === undefined ? countOne(ok) : readCounts(reportFile, ok)
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (!ok) say(`\n${output.trimEnd()}\n`)
  const outcome = reportFile === undefined ? (ok ? 'ok' : 'FAILED') : summarize([counts])
  say(`${name.padEnd(32)} ${outcome} (${seconds} s)`)
  // A suite says on a line of its own what it cannot do on this machine.
  if (ok) for (const line of new Set(output.match(/^skipped: .+$/gm))) say(`  ${line}`)
  return counts
}

/** @param {boolean} ok @returns {Counts} */
function countOne(ok) {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }
}

/** @param {string} line */
function say(line) {
  process.stdout.write(`${line}\n`)
}
