import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Setting } from './candidates/candidate.ts'

const alive = new Set<ChildProcess>()

process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

export function hasCommand(name: string): boolean {
  return spawnSync('which', [name]).status === 0
}

/** The command line that keeps a program on one core. */
export function pinned(core: number | undefined, command: string[]): string[] {
  return core === undefined ? command : ['taskset', '-c', String(core), ...command]
}

/** Starts a program whose output is not wanted: stdout is thrown away, stderr is kept for when it fails. */
export function startServer(
  setting: Setting,
  name: string,
  command: string[],
  env: NodeJS.ProcessEnv = {},
): Server {
  const log = join(setting.folder, `${name}.stderr`)
  const stderr = openSync(log, 'w')
  const [program = '', ...args] = pinned(setting.core, command)
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', stderr], env: { ...process.env, ...env } })
  closeSync(stderr)
  remember(child)
  return { name, child, log, stop: () => stop(child) }
}

export interface Server {
  name: string
  child: ChildProcess
  log: string
  stop(): Promise<void>
}

/** Starts a program that talks on its stdout. */
export function startTool(command: string[]): ChildProcess {
  const [program = '', ...args] = command
  return remember(spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] }))
}

function remember(child: ChildProcess): ChildProcess {
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  child.once('error', () => alive.delete(child))
  return child
}

/** Ends a program: asks first, then forces. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const forced = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await exited
  clearTimeout(forced)
}

/** A port of 127.0.0.1 that nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until the address answers 200. Throws with the program's last words when it does not in time. */
export async function untilAnswers(
  server: Server,
  ask: () => Promise<Response>,
  seconds = 30,
): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (Date.now() < end && server.child.exitCode === null) {
    const response = await ask().catch(() => undefined)
    await response?.text()
    if (response?.status === 200) return
    await sleep(100)
  }
  await server.stop()
  throw new Error(`${server.name} did not answer 200: ${readFileSync(server.log, 'utf8').slice(-2000)}`)
}
