import { describe, expect, it } from 'vitest'
import { partFiles, projectFiles, readProject } from './compose-projects.ts'
import { readCatalogue } from './stack-catalogue.ts'

const { variables, groups } = readCatalogue()
const projects = projectFiles.map(readProject)

/** Every variable that Compose fills in, those inside the default of another one included. */
function variablesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/(?<!\$)\$\{([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name ?? ''))
}

/** PORT is MPC-API's own: it only stands in for MPC_API_HOST_PORT. LOG_LEVEL likewise passes through. */
const ofMpcApi = new Set(['PORT', 'LOG_LEVEL'])

describe('ai-infra/variables.json', () => {
  it('has every variable of every Compose file, and none that no file reads', () => {
    const used = new Set(
      [...projects, ...partFiles.map(readProject)].flatMap(({ text }) => [...variablesIn(text)]),
    )
    const known = variables.map(({ name }) => name)
    expect([...used].filter((name) => !ofMpcApi.has(name)).sort()).toEqual(known.sort())
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
