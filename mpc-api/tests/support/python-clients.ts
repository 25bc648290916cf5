import { execFile } from 'node:child_process'
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** A Python with the real Python clients, or the reason why there is none. */
export type PythonClients =
  { readonly ready: true; readonly python: string } | { readonly ready: false; readonly reason: string }

const packages = ['openai==3.54.0', 'anthropic==2.12.0', 'langchain-openai==1.7.3']

const run = promisify(execFile)
const windows = process.platform === 'win32'
const environmentFolder = resolve(import.meta.dirname, '../../../.cache/python-clients')
const python = join(environmentFolder, windows ? 'Scripts/python.exe' : 'bin/python')
const marker = join(environmentFolder, 'installed')
const limits = { timeout: 5 * 60_000 }

/**
 * The clients in a virtual environment of the tests' own, made on first use and kept in `.cache/`. Where Python or its
 * package registry does not answer, says why instead, also on stderr.
 */
export async function findPythonClients(): Promise<PythonClients> {
  try {
    await access(marker).catch(install)
    return { ready: true, python }
  } catch (error) {
    const reason = reasonOf(error)
    process.stderr.write(`skipped: tests with the Python clients: ${reason}\n`)
    return { ready: false, reason }
  }
}

async function install(): Promise<void> {
  await rm(environmentFolder, { recursive: true, force: true })
  await mkdir(environmentFolder, { recursive: true })
  await run(windows ? 'python' : 'python3', ['-m', 'venv', environmentFolder], limits)
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1']
  await run(python, [...pip, ...packages], limits)
  await writeFile(marker, '')
}

/** pip's own sentence is the last line that starts with ERROR. */
function reasonOf(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
  const sentence = stderr.split('\n').findLast((line) => line.startsWith('ERROR'))
  return sentence ?? String(error).split('\n')[0] ?? 'unknown'
}

/**
 * Runs a Python program with the clients and returns what it printed as JSON.
 *
 * @param variables what the program finds in its environment; nothing of the tester's own does
 * @throws with the program's last words
 */
export async function runPython(
  program: string,
  script: string,
  variables: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { PATH = '', SYSTEMROOT = '' } = process.env
  const env = { PATH, SYSTEMROOT, PYTHONUTF8: '1', NO_PROXY: '127.0.0.1', ...variables }
  const { stdout } = await run(program, ['-c', script], { timeout: 240_000, env })
  return JSON.parse(stdout) as unknown
}
