import { networkInterfaces } from 'node:os'
import { connect } from 'node:net'
import { type ProjectName, type Stack } from './stack.ts'

/** Whether a container can open a connection to `target`, which is host:port. */
export async function reaches(
  stack: Stack,
  [project, service]: readonly [ProjectName, string],
  target: string,
): Promise<boolean> {
  const [host, port] = target.split(':')
  const probe = `exec 3<>/dev/tcp/${host}/${port}`
  const { code } = await stack.exec(project, service, 'timeout', '2', 'bash', '-c', probe)
  return code === 0
}

/** Whether it can, now or after a moment: on a busy machine a single try may be too short for it. */
export async function comesToReach(
  stack: Stack,
  from: readonly [ProjectName, string],
  target: string,
): Promise<boolean> {
  for (let tries = 0; tries < 10; tries += 1) if (await reaches(stack, from, target)) return true
  return false
}

/** Whether this machine accepts connections to a port on an address that others could use. */
export async function opensBeyondLoopback(port: number): Promise<boolean> {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address)
  return (await Promise.all(addresses.map((address) => opens(address, port)))).includes(true)
}

function opens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 })
    const end = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
    socket.once('timeout', () => end(false))
  })
}
