import { spawnGateway } from './spawn-gateway.ts'

/** A gateway under test. */
export interface TestGateway {
  readonly url: string
  logs(): Record<string, unknown>[]
  stop(): Promise<void>
  drain(): Promise<void>
}

/** Starts the gateway with these variables and nothing else of the environment. */
export async function startGateway(env: Readonly<Record<string, string>>): Promise<TestGateway> {
  const gateway = await spawnGateway(env)
  const end = async (signal: NodeJS.Signals) => {
    gateway.kill(signal)
    await gateway.exited
  }
  return { ...gateway, stop: () => end('SIGKILL'), drain: () => end('SIGTERM') }
}
