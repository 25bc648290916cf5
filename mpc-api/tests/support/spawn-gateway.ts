import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from './within.ts'

export interface GatewayExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** The built gateway as its own process. */
export interface SpawnedGateway {
  readonly url: string
  readonly pid: number
  readonly kill: (signal: NodeJS.Signals) => void
  readonly exited: Promise<GatewayExit>
  logs(): Record<string, unknown>[]
  /** Everything it printed, on both channels. */
  output(): string
  /** Lets what it prints from now on wait in the pipe. */
  readonly stopReading: () => void
}

const entry = fileURLToPath(new URL('../../dist/index.js', import.meta.url))
const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** Runs `dist/index.js` and waits until it says where it listens; rejects with its output when it exits instead. */
export async function spawnGateway(env: Readonly<Record<string, string>>): Promise<SpawnedGateway> {
  const process = runGateway(env)
  const url = await within(15_000, findUrl(process), 'the gateway did not say where it listens')
  return { ...process, url }
}

/** Runs `dist/index.js` without waiting for anything: for starts that are meant to fail. */
export function runGateway(
  env: Readonly<Record<string, string>>,
): Omit<SpawnedGateway, 'url'> & { child: ChildProcess } {
  const child = spawn(process.execPath, ['--enable-source-maps', entry], {
    cwd: packageRoot,
    // Nothing of the tester's own environment: a key exported in a shell must not decide a test.
    env: { PATH: process.env['PATH'], PORT: '0', MPC_HOST: '127.0.0.1', NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const channel of [child.stdout, child.stderr]) {
    channel.setEncoding('utf8').on('data', (text: string) => (printed += text))
  }
  const closed = once(child, 'close') as Promise<[code: number | null, signal: NodeJS.Signals | null]>
  const exited = closed.then(([code, signal]) => ({ code, signal }))
  return {
    child,
    pid: child.pid ?? 0,
    kill: (signal) => child.kill(signal),
    exited,
    logs: () => readJsonLines(printed),
    output: () => printed,
    stopReading: () => void child.stdout.pause(),
  }
}

async function findUrl({ child, exited, output }: ReturnType<typeof runGateway>): Promise<string> {
  let exit: GatewayExit | undefined
  void exited.then((how) => (exit = how))
  for (;;) {
    const found = /http:\/\/(?:127\.0\.0\.1|localhost|0\.0\.0\.0|\[::1?\]):([1-9]\d*)/.exec(
      listening(output()),
    )
    if (found) return `http://127.0.0.1:${found[1]}`
    if (exit) throw new Error(`the gateway exited with ${exit.code ?? exit.signal}:\n${output()}`)
    await Promise.race([once(child.stdout!, 'data'), once(child.stderr!, 'data'), exited])
  }
}

/** The lines that say where it listens, in the log or in the banner; others may name the addresses of LiteLLM. */
const listening = (printed: string) =>
  printed
    .split('\n')
    .filter((line) => /listen|^\s*MPC-API\s/i.test(line))
    .join('\n')

function readJsonLines(printed: string): Record<string, unknown>[] {
  return printed
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
