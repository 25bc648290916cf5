import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeConfig } from '../mpc-api/src/config/describe-config.ts'
import { renderEnvExample } from './env-example.ts'
import { readCatalogue, repositoryRoot } from './stack-catalogue.ts'

const catalogue = readCatalogue()
const text = readFileSync(`${repositoryRoot}/.env.example`, 'utf8')

describe('.env.example', () => {
  it.each(catalogue.variables)('has $name once, explained', ({ name, about }) => {
    expect([...text.matchAll(new RegExp(`^#?${name}=`, 'gm'))]).toHaveLength(1)
    const comments = text.replaceAll(/\n# /g, ' ')
    expect(comments).toContain(about)
  })

  it('is what the generator writes today: run "npm run env:example" when it is not', () => {
    expect(text).toBe(renderEnvExample(catalogue, describeConfig()))
  })

  it('holds no secret', () => {
    for (const { name, kind } of catalogue.variables) {
      if (kind !== 'setting') expect(text).toMatch(new RegExp(`^${name}=$`, 'm'))
    }
  })
})

describe('renderEnvExample', () => {
  it("adds MPC-API's own variables and keeps the stack's word on those that both have", () => {
    const rendered = renderEnvExample(catalogue, [
      { name: 'MPC_IDLE_TIMEOUT_MS', group: 'Clocks', description: 'Between two chunks.', default: '120000' },
      { name: 'MPC_API_KEY', group: 'Keys', description: 'The first key.', secret: true, default: undefined },
    ])
    expect(rendered).toContain('# Between two chunks.\n# Setting.\n#MPC_IDLE_TIMEOUT_MS=120000\n')
    expect(rendered).not.toContain('The first key.')
  })
})
