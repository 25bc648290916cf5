import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'

/** A real Redis with a password and no disk. */
export interface RedisProcess {
  readonly host: string
  readonly port: number
  readonly password: string
  kill(): Promise<void>
}

/** Whether there is a `redis-server` on PATH; says on stderr what is skipped where there is none. */
export async function findRedis(): Promise<boolean> {
  const found = await promisify(execFile)('redis-server', ['--version']).then(
    () => true,
    () => false,
  )
  if (!found) process.stderr.write('skipped: tests against a real Redis: no redis-server on PATH\n')
  return found
}

export async function startRedis(): Promise<RedisProcess> {
  const host = '127.0.0.1'
  const port = await freePort()
  const password = randomBytes(24).toString('hex')
  const child = spawn(
    'redis-server',
    ['--bind', host, '--port', String(port), '--requirepass', password, '--save', '', '--appendonly', 'no'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const killWithUs = (): void => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  await untilReady(child.stdout)
  return {
    host,
    port,
    password,
    async kill() {
      process.off('exit', killWithUs)
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

async function untilReady(log: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of log) {
    if (chunk.toString('utf8').includes('Ready to accept connections')) return
  }
  throw new Error('redis-server ended before it was ready')
}
