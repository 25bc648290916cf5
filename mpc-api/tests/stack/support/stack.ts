import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { type Outcome, docker, dockerOutput, run } from './docker.ts'
import { repositoryRoot } from './engine.ts'

interface StackVariable {
  name: string
  format?: { prefix: string; bytes: number; encoding: 'hex' | 'base64url' }
}

export interface Container {
  Id: string
  State: {
    Status: string
    ExitCode: number
    Pid: number
    StartedAt: string
    FinishedAt: string
    Health?: { Status: string }
  }
  HostConfig: { PortBindings: Record<string, { HostIp: string; HostPort: string }[]> | null }
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> }
}

export type ProjectName = 'ai-infra' | 'dify' | 'langflow' | 'activepieces'

/** The whole stack under names, ports and secrets of its own: nothing that runs on this machine is touched. */
export interface Stack {
  env: Record<string, string>
  network: string
  /** `docker compose` on one of the projects, or on a part of the core that starts by itself. */
  compose: (project: ProjectName | Part, ...args: string[]) => Promise<Outcome>
  /** Runs a program in the container of a service: `docker compose exec`, without reading the files each time. */
  exec: (project: ProjectName, service: string, ...command: string[]) => Promise<Outcome>
  /** The container of a service, as the engine describes it. */
  inspect: (project: ProjectName, service: string) => Promise<Container>
  /** Removes all of it, volumes and network included. */
  remove: () => Promise<void>
}

/** These have files of their own and are the core's project all the same. */
export type Part = 'litellm' | 'mpc-api'

const parts: Record<Part, string> = {
  litellm: 'ai-infra/litellm/docker-compose.yml',
  'mpc-api': 'mpc-api/docker-compose.yml',
}

const files: Record<ProjectName, string> = {
  'ai-infra': 'docker-compose.yml',
  dify: 'ai-infra/dify/docker-compose.yml',
  langflow: 'ai-infra/langflow/docker-compose.yml',
  activepieces: 'ai-infra/activepieces/docker-compose.yml',
}

export async function createStack(): Promise<Stack> {
  const id = `ai-infra-test-${randomBytes(3).toString('hex')}`
  const subnet = await createNetwork(id)
  const env: Record<string, string> = {
    ...secrets(),
    ...(await ports()),
    AI_INFRA_NETWORK: id,
    AI_INFRA_SUBNET: subnet,
  }
  const compose: Stack['compose'] = (name, ...args) => {
    const project = name in parts ? 'ai-infra' : name
    const file = `${repositoryRoot}/${{ ...files, ...parts }[name]}`
    return run('docker', ['compose', '-p', `${id}-${project}`, '-f', file, ...args], {
      ...process.env,
      ...env,
    })
  }
  /** Compose's own name for it. */
  const containerOf = (project: ProjectName, service: string) => `${id}-${project}-${service}-1`
  return {
    env,
    network: id,
    compose,
    exec: (project, service, ...command) => docker('exec', containerOf(project, service), ...command),
    async inspect(project, service) {
      const text = await dockerOutput('inspect', '--type', 'container', containerOf(project, service))
      return (JSON.parse(text) as [Container])[0]
    },
    async remove() {
      for (const project of Object.keys(files) as ProjectName[])
        await compose(project, 'down', '-v', '-t', '2')
      await docker('network', 'rm', id)
    },
  }
}

/** A network with a fixed subnet, as the real one. The first range that no other network has. */
async function createNetwork(name: string): Promise<string> {
  for (let third = 241; third < 255; third++) {
    const subnet = `172.30.${third}.0/24`
    const { code } = await docker('network', 'create', '--subnet', subnet, name)
    if (code === 0) return subnet
  }
  throw new Error('every subnet from 172.30.241.0/24 to 172.30.254.0/24 is taken')
}

/** A value for every variable of the catalogue, so that neither .env nor the shell of this machine plays a part. */
function secrets(): Record<string, string> {
  const text = readFileSync(`${repositoryRoot}/ai-infra/variables.json`, 'utf8')
  const { variables } = JSON.parse(text) as { variables: StackVariable[] }
  return Object.fromEntries(
    variables.map(({ name, format }) => [
      name,
      format === undefined ? '' : format.prefix + randomBytes(format.bytes).toString(format.encoding),
    ]),
  )
}

async function ports(): Promise<Record<string, string>> {
  return {
    MPC_API_HOST_PORT: await freePort(),
    LITELLM_HOST_PORT: await freePort(),
    DIFY_HOST_PORT: await freePort(),
    LANGFLOW_HOST_PORT: await freePort(),
    // The same inside its container, where a placeholder listens on some ports only.
    ACTIVEPIECES_HOST_PORT: await freePort(8080, 8194, 9090, 3100, 11434, 5002),
  }
}

/** A port on loopback that is free now: one of those given, or any. */
async function freePort(...wanted: number[]): Promise<string> {
  for (const port of wanted.length > 0 ? wanted : [0]) {
    const found = await tryPort(port)
    if (found !== undefined) return String(found)
  }
  throw new Error(`none of the ports ${wanted.join(', ')} is free`)
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}
