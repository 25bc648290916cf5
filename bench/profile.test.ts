import { describe, expect, it } from 'vitest'
import { functionOf, lastSeconds, moduleOf, selfTimes, type CpuProfile } from './profile.ts'

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 })

const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(idle)', '') },
    { id: 2, callFrame: frame('writeHead', 'node:_http_server') },
    { id: 3, callFrame: frame('', 'file:///app/node_modules/@scope/pack/lib/a.js') },
    { id: 4, callFrame: frame('relay', 'file:///app/mpc-api/dist/proxy/relay.js') },
    { id: 5, callFrame: frame('parse', 'file:///app/node_modules/@scope/pack/lib/b.js') },
  ],
  samples: [1, 2, 3, 3, 4, 5],
  timeDeltas: [100, 10, 20, 25, 5, 30],
}

describe('selfTimes', () => {
  it('adds up the time of every function, the longest first', () => {
    expect(selfTimes(profile, functionOf)).toEqual([
      { name: '(idle)', microseconds: 100 },
      { name: '(anonymous) @scope/pack/lib/a.js:10', microseconds: 45 },
      { name: 'parse @scope/pack/lib/b.js:10', microseconds: 30 },
      { name: 'writeHead node:_http_server:10', microseconds: 10 },
      { name: 'relay mpc-api proxy/relay.js:10', microseconds: 5 },
    ])
  })

  it('adds up whole packages', () => {
    expect(selfTimes(profile, moduleOf)).toContainEqual({ name: '@scope/pack', microseconds: 75 })
  })
})

describe('lastSeconds', () => {
  it('leaves out the samples that began before', () => {
    expect(lastSeconds(profile, 60e-6)).toMatchObject({ samples: [3, 4, 5], timeDeltas: [25, 5, 30] })
    expect(lastSeconds(profile, 59e-6)).toMatchObject({ samples: [4, 5] })
  })

  it('of more seconds than there are is the whole profile', () => {
    expect(lastSeconds(profile, Infinity)).toEqual(profile)
  })
})
