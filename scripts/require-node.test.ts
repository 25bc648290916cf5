import { describe, expect, it } from 'vitest'
import { explainOldNode } from './require-node.mjs'

describe('explainOldNode', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '24.21.0'])('has nothing to say of Node %s', (version) => {
    expect(explainOldNode(version, '>=20.19')).toBeUndefined()
  })

  it.each(['20.18.3', '18.20.8', '16.20.2'])(
    'tells a user of Node %s what is needed, in one line',
    (version) => {
      const problem = explainOldNode(version, '>=20.19')
      expect(problem).toContain('Node 20.19 or newer')
      expect(problem).toContain(version)
      expect(problem).not.toContain('\n')
    },
  )
})
