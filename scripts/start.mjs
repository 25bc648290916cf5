// `npm start`: installs what is missing, builds MPC-API, and serves it. Plain JavaScript without dependencies: it runs
// before anything is installed. MPC-API runs in this very process, so that signals reach it directly.
import './require-node.mjs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { installPackages } from './install-packages.mjs'
import { runNpm } from './run-npm.mjs'

const root = resolve(fileURLToPath(import.meta.url), '../..')
// The .env at the root is the one that is read, wherever this was started from.
process.chdir(root)

try {
  await installPackages(root)
  await build()
} catch (problem) {
  process.stderr.write(`${problem instanceof Error ? problem.message : String(problem)}\n`)
  process.exit(1)
}
process.setSourceMapsEnabled(true)
await import(pathToFileURL(join(root, 'mpc-api/dist/index.js')).href)

async function build() {
  const { ok, output } = await runNpm(['run', '--silent', 'build'], { cwd: root })
  if (!ok) throw new Error(`${output.trim()}\nMPC-API could not be built: the cause is above.`)
}
