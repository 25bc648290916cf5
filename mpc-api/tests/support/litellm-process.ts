import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'

/** A running LiteLLM proxy, with one worker. */
export interface LitellmProcess {
  /** Origin, without a path: `http://127.0.0.1:port`. */
  readonly baseUrl: string
  readonly port: number
  readonly masterKey: string
  /** Asks it to end and waits until it has; after ten seconds it is killed. */
  stop(): Promise<void>
  /** Ends it without warning, as a crash would: connections are cut where they stand. */
  kill(): Promise<void>
  /** The last lines of what it wrote. */
  logTail(): string
}

export interface LitellmOptions {
  /** The program, from `findLitellm()`. */
  readonly program: string
  readonly configFile: string
  /** Added to an otherwise empty environment: nothing of the developer's own keys leaks in. */
  readonly env?: Readonly<Record<string, string>>
  /** A fixed port, for a LiteLLM that comes back where it was; a free one if absent. */
  readonly port?: number
  readonly masterKey?: string
}

const startLimitMs = 180_000
const stopLimitMs = 10_000
const keptLogLines = 60

/** Starts LiteLLM with a configuration file and waits until it answers. Throws with its last words if it does not. */
export async function startLitellm(options: LitellmOptions): Promise<LitellmProcess> {
  const port = options.port ?? (await freePort())
  const masterKey = options.masterKey ?? `sk-${randomBytes(32).toString('hex')}`
  const baseUrl = `http://127.0.0.1:${port}`
  const child = spawn(
    options.program,
    ['--config', options.configFile, '--host', '127.0.0.1', '--port', String(port)],
    { cwd: tmpdir(), env: environment(masterKey, options.env), stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const logTail = keepLog(child)
  const killWithUs = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithUs)

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    process.off('exit', killWithUs)
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
    await once(child, 'exit')
    clearTimeout(timer)
  }

  try {
    await untilAlive(baseUrl, child)
  } catch (error) {
    await end('SIGKILL')
    throw new Error(`LiteLLM did not start with ${options.configFile}:\n${logTail()}`, { cause: error })
  }
  return { baseUrl, port, masterKey, stop: () => end('SIGTERM'), kill: () => end('SIGKILL'), logTail }
}

const inherited = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'TEMP', 'TMP', 'SYSTEMROOT', 'USERPROFILE']

function environment(masterKey: string, added: LitellmOptions['env']): Record<string, string> {
  const own = inherited.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(own),
    PYTHONUNBUFFERED: '1',
    // As ai-infra/litellm/config/README.md says that every LiteLLM of the stack must be run.
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_MODE: 'PRODUCTION',
    DEFAULT_MAX_RETRIES: '0',
    KEEPALIVE_TIMEOUT: '75',
    LITELLM_MASTER_KEY: masterKey,
    ...added,
  }
}

function keepLog(child: ChildProcess): () => string {
  let lines: string[] = []
  const keep = (chunk: Buffer): void => {
    lines = [...lines, ...chunk.toString('utf8').split('\n')].slice(-keptLogLines)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return () => lines.join('\n')
}

async function untilAlive(baseUrl: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + startLimitMs
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('it ended')
    const alive = await fetch(`${baseUrl}/health/liveliness`).then(
      (response) => response.ok,
      () => false,
    )
    if (alive) return
    await sleep(100)
  }
  throw new Error(`no answer within ${startLimitMs} ms`)
}
