import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parse } from 'yaml'
import { repositoryRoot } from './stack-catalogue.ts'

/** What the checks look at in a service; anything else is passed through. */
export interface Service {
  image?: string
  build?: unknown
  command?: string | string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: (string | { source: string; target: string })[]
  networks?: string[]
  network_mode?: string
  restart?: string
  read_only?: boolean
  privileged?: boolean
  container_name?: string
  mem_limit?: string
  security_opt?: string[]
  logging?: { driver: string; options: Record<string, string> }
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[]; start_period?: string }
}

/** One Compose project: what its docker-compose.yml includes, with the shared base merged in. */
export interface Project {
  name: string
  /** The docker-compose.yml, from the repository root. */
  file: string
  /** The folder, from the repository root, that its includes take as project directory. */
  directories: string[]
  services: Record<string, Service>
  networks: Record<string, { external?: boolean; internal?: boolean; name?: string } | null>
  volumes: Record<string, unknown>
  /** All the text that Compose reads for it. */
  text: string
}

/** The projects that make up the whole stack. */
export const projectFiles = [
  'docker-compose.yml',
  'ai-infra/dify/docker-compose.yml',
  'ai-infra/langflow/docker-compose.yml',
  'ai-infra/activepieces/docker-compose.yml',
]

/** Parts of the core that also start by themselves. */
export const partFiles = ['ai-infra/litellm/docker-compose.yml', 'mpc-api/docker-compose.yml']

interface Included {
  services?: Record<string, Service & { extends?: { file: string; service: string } }>
  networks?: Project['networks']
  volumes?: Project['volumes']
}

/** Reads a project as Compose does, short of filling in variables. */
export function readProject(file: string): Project {
  const entry = readYaml(file) as { name: string; include: { path: string; project_directory: string }[] }
  const project: Project = {
    name: entry.name,
    file,
    directories: [],
    services: {},
    networks: {},
    volumes: {},
    text: readText(file),
  }
  for (const { path, project_directory } of entry.include) {
    project.directories.push(relative(repositoryRoot, join(repositoryRoot, dirname(file), project_directory)))
    addTo(project, relative(repositoryRoot, join(repositoryRoot, dirname(file), path)))
  }
  return project
}

function addTo(project: Project, file: string): void {
  const included = readYaml(file) as Included
  project.text += readText(file)
  for (const [name, { extends: base, ...own }] of Object.entries(included.services ?? {})) {
    project.services[name] = base === undefined ? own : { ...baseService(base), ...own }
  }
  Object.assign(project.networks, included.networks)
  Object.assign(project.volumes, included.volumes)
}

function baseService({ file, service }: { file: string; service: string }): Service {
  const base = (readYaml(file) as Included).services?.[service]
  if (base === undefined) throw new Error(`${file} has no service ${service}`)
  return base
}

function readYaml(file: string): unknown {
  return parse(readText(file), { merge: true }) as unknown
}

export function readText(file: string): string {
  return readFileSync(join(repositoryRoot, file), 'utf8')
}
