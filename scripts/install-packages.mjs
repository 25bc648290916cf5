import { statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { runNpm } from './run-npm.mjs'

/**
 * Installs what package-lock.json names, unless node_modules is newer than it. Says so on stderr, since it takes a
 * while; npm's own words come only when it fails.
 * @param {string} root folder of package-lock.json
 */
export async function installPackages(root) {
  if (!needsInstall(root)) return
  process.stderr.write('Installing packages (npm ci) ...\n')
  // The compiler is a development package, also where NODE_ENV=production would leave those out.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  const { ok, output } = await runNpm(args, { cwd: root })
  if (!ok)
    throw new Error(`${output.trim()}\nThe packages could not be installed (npm ci): the cause is above.`)
}

/**
 * True when no complete installation is newer than package-lock.json: npm writes its hidden lock file last.
 * @param {string} root
 */
export function needsInstall(root) {
  const installed = statSync(join(root, 'node_modules/.package-lock.json'), { throwIfNoEntry: false })
  return installed === undefined || installed.mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs
}
