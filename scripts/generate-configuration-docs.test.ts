import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { describeConfig } from '../mpc-api/src/config/describe-config.ts'
import { renderConfigurationDocs } from './generate-configuration-docs.ts'
import { repositoryRoot } from './stack-catalogue.ts'

describe('docs/configuration.md', () => {
  it('is what the generator writes today: run "npm run docs:configuration" when it is not', () => {
    const text = readFileSync(`${repositoryRoot}/docs/configuration.md`, 'utf8')
    expect(text).toBe(renderConfigurationDocs(describeConfig()))
  })
})

describe('renderConfigurationDocs', () => {
  const text = renderConfigurationDocs([
    { name: 'MPC_ONE', group: 'Keys', description: 'One | two.', default: undefined, secret: true },
    { name: 'MPC_THREE', group: 'Clocks', description: 'Three.', default: '3', example: '4' },
    { name: 'MPC_FIVE', group: 'Keys', description: 'Five.', default: '5' },
  ])

  it('gathers the variables of a group, in the order of the first of each', () => {
    expect(text.match(/^## .+$|`MPC_\w+`/gm)).toEqual([
      '## Keys',
      '`MPC_ONE`',
      '`MPC_FIVE`',
      '## Clocks',
      '`MPC_THREE`',
    ])
  })

  it('says defaults, examples and what is secret, and keeps a pipe inside its cell', () => {
    expect(text).toMatch(/\| `MPC_ONE` +\| +\| One \\\| two\. \*\*Secret\.\*\* \|/)
    expect(text).toMatch(/\| `MPC_THREE` \| `3` +\| Three\. Example: `4`\. \|/)
  })
})
