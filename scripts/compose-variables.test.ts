import { describe, expect, it } from 'vitest'
import { describeConfig } from '../mpc-api/src/config/describe-config.ts'
import { partFiles, projectFiles, readProject } from './compose-projects.ts'
import { readCatalogue } from './stack-catalogue.ts'

const { variables, groups } = readCatalogue()
const projects = projectFiles.map(readProject)

/** Every variable that Compose fills in, those inside the default of another one included. */
function variablesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/(?<!\$)\$\{([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name ?? ''))
}

const ofMpcApi = new Set(describeConfig().map(({ name }) => name))
/** What the container does not take from .env: its address, its kind, and a key that is not for it. */
const fixedInContainer = ['PORT', 'MPC_HOST', 'NODE_ENV', 'LITELLM_MASTER_KEY']

describe('ai-infra/variables.json', () => {
  it('has every variable of every Compose file, and none that no file reads', () => {
    const used = new Set(
      [...projects, ...partFiles.map(readProject)].flatMap(({ text }) => [...variablesIn(text)]),
    )
    const known = new Set(variables.map(({ name }) => name))
    expect([...used].filter((name) => !known.has(name) && !ofMpcApi.has(name))).toEqual([])
    expect([...known].filter((name) => !used.has(name))).toEqual([])
  })

  it('is joined by the variables of MPC-API, each of which reaches its container', () => {
    const environment = projects[0]?.services['mpc-api']?.environment ?? {}
    const handed = new Set([...Object.keys(environment), ...fixedInContainer])
    const missing = [...ofMpcApi].filter((name) => !handed.has(name))
    expect(missing, 'add each to mpc-api/services.yml as NAME: ${NAME:-}').toEqual([])
  })

  it.each(variables)('says which projects read $name', ({ name, projects: named }) => {
    const readers = projects.filter(({ text }) => variablesIn(text).has(name)).map((project) => project.name)
    expect(named).toEqual(readers)
  })

  it('names each variable once, in a group that exists', () => {
    expect(new Set(variables.map(({ name }) => name)).size).toBe(variables.length)
    for (const { name, group } of variables)
      expect(
        groups.map(({ id }) => id),
        name,
      ).toContain(group)
  })

  it('has no secret with a default: Compose stops at an empty one and says the way out', () => {
    const text = projects.map((project) => project.text).join('\n')
    for (const { name, kind } of variables) {
      const uses = [...text.matchAll(new RegExp(`\\$\\{${name}([^}]*)\\}`, 'g'))].map(
        ([, rest]) => rest ?? '',
      )
      if (kind === 'generated') expect(new Set(uses), name).toEqual(new Set([wayOut]))
      if (kind === 'typed') expect(new Set(uses), name).toEqual(new Set([':-']))
    }
  })

  it('shows the default of every setting as the Compose files have it', () => {
    const text = projects.map((project) => project.text).join('\n')
    for (const variable of variables) {
      if (variable.kind !== 'setting' || variable.default === '') continue
      const found = [...text.matchAll(new RegExp(`\\$\\{${variable.name}:-([^$}]*)`, 'g'))].map(([, d]) => d)
      // An address that contains another variable is no plain default.
      for (const value of found.filter(Boolean)) expect(value, variable.name).toBe(variable.default)
    }
  })
})

const wayOut = ':?fill .env with "node scripts/fill-env.mjs", see docs/AI_INFRA_SETUP.md'
