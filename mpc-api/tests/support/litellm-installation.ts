import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { access, mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** The LiteLLM of the stack: what its configurations do is proven with the version that they run in. */
const litellmVersion = readVersion()

/** A real LiteLLM on this machine, or the reason why there is none. */
export type LitellmInstallation =
  { readonly ready: true; readonly program: string } | { readonly ready: false; readonly reason: string }

function readVersion(): string {
  const base = readFileSync(resolve(import.meta.dirname, '../../../ai-infra/compose.base.yml'), 'utf8')
  const version = /image: ghcr\.io\/berriai\/litellm:v(\S+)/.exec(base)?.[1]
  if (version === undefined) throw new Error('ai-infra/compose.base.yml names no LiteLLM')
  return version
}

const run = promisify(execFile)
const windows = process.platform === 'win32'
const cacheFolder = resolve(import.meta.dirname, '../../../.cache')
const environmentFolder = join(cacheFolder, 'litellm-venv')
const lockFolder = join(cacheFolder, 'litellm-venv.lock')
const marker = join(environmentFolder, `installed-${litellmVersion}`)
const scripts = join(environmentFolder, windows ? 'Scripts' : 'bin')
const installation: LitellmInstallation = {
  ready: true,
  program: join(scripts, windows ? 'litellm.exe' : 'litellm'),
}

const installLimitMs = 8 * 60_000

/** Every test file asks; one that failed a moment ago is not tried again for each of them. */
const failureNote = join(cacheFolder, 'litellm-venv.failed')
const failureHoldsMs = 60_000

/**
 * LiteLLM in a Python virtual environment of the tests' own, made on first use and kept in `.cache/`.
 * Where Python or its package registry does not answer, says why instead, also on stderr.
 */
export async function findLitellm(): Promise<LitellmInstallation> {
  if (await exists(marker)) return installation
  const failure = (await recentFailure()) ?? (await install().catch((error: unknown) => reasonOf(error)))
  if (failure === null) return installation
  await mkdir(cacheFolder, { recursive: true })
  await writeFile(failureNote, failure)
  process.stderr.write(`skipped: tests against a real LiteLLM: ${failure}\n`)
  return { ready: false, reason: failure }
}

async function install(): Promise<string | null> {
  const python = await findPython()
  if (python === null) return 'no Python 3.10 or newer on PATH'
  await mkdir(cacheFolder, { recursive: true })
  await takeLock()
  try {
    // Another process may have finished while this one waited.
    if (await exists(marker)) return null
    await rm(environmentFolder, { recursive: true, force: true })
    await run(python, ['-m', 'venv', environmentFolder], { timeout: installLimitMs })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1']
    await run(join(scripts, 'python'), [...pip, `litellm[proxy]==${litellmVersion}`], {
      timeout: installLimitMs,
    })
    await writeFile(marker, '')
    return null
  } finally {
    await rmdir(lockFolder)
  }
}

/** Two test runs on one machine must not build the same environment at once. */
async function takeLock(): Promise<void> {
  const deadline = Date.now() + installLimitMs
  while (Date.now() < deadline) {
    const taken = await mkdir(lockFolder).then(
      () => true,
      () => false,
    )
    if (taken) return
    await removeStaleLock()
    await sleep(500)
  }
  throw new Error(`another process holds ${lockFolder}`)
}

async function removeStaleLock(): Promise<void> {
  const age = await ageMs(lockFolder)
  if (age !== null && age > installLimitMs) await rmdir(lockFolder).catch(() => undefined)
}

async function recentFailure(): Promise<string | null> {
  const age = await ageMs(failureNote)
  return age !== null && age < failureHoldsMs ? readFile(failureNote, 'utf8') : null
}

async function ageMs(path: string): Promise<number | null> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => null,
  )
}

async function findPython(): Promise<string | null> {
  for (const name of windows ? ['python', 'py'] : ['python3', 'python']) {
    const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))'
    const usable = await run(name, ['-c', check]).then(
      () => true,
      () => false,
    )
    if (usable) return name
  }
  return null
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** pip's own sentence is the last line that starts with ERROR; Node's message only repeats the command. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const lines = ('stderr' in error ? String(error.stderr) : '').split('\n')
  return lines.findLast((line) => line.startsWith('ERROR')) ?? error.message.split('\n')[0] ?? 'unknown'
}
