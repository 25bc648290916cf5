import { existsSync } from 'node:fs'
import { docker, until } from './docker.ts'
import { type ProjectName, type Stack } from './stack.ts'

/** Ends a container's program as a crash does. The engine starts it again; where it runs in a VM, we do. */
export async function crash(stack: Stack, project: ProjectName, service: string): Promise<void> {
  const { Id, State } = await stack.inspect(project, service)
  if (existsSync(`/proc/${State.Pid}`) && process.getuid?.() === 0) {
    process.kill(State.Pid, 'SIGKILL')
    return
  }
  await docker('kill', Id)
  await docker('start', Id)
}

/** Waits until a service was started again after `before` and is healthy. */
export async function healthyAgain(
  stack: Stack,
  [project, service]: readonly [ProjectName, string],
  before: string,
): Promise<void> {
  await until(`${service} healthy again`, 300, async () => {
    const { State } = await stack.inspect(project, service)
    return State.StartedAt !== before && State.Health?.Status === 'healthy'
  })
}
