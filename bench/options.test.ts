import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'

const known = { candidates: ['direct', 'nginx', 'MPC-API'], rows: ['whole-64', 'stream-5ms'] }
const parse = (...args: string[]) => parseOptions(args, known)

describe('parseOptions', () => {
  it('without arguments, measures everything, three rounds of five seconds', () => {
    expect(parse()).toMatchObject({ ...known, rounds: 3, seconds: 5, retries: 1 })
  })

  it('--quick, measures once and shortly, but what is given by hand wins', () => {
    expect(parse('--quick')).toMatchObject({ rounds: 1, seconds: 2, retries: 0 })
    expect(parse('--quick', '--seconds', '4')).toMatchObject({ rounds: 1, seconds: 4 })
  })

  it('--only and --rows pick by name and keep the order of the table', () => {
    const picked = parse('--only', 'MPC-API,nginx', '--rows', 'stream-5ms')
    expect(picked).toMatchObject({ candidates: ['nginx', 'MPC-API'], rows: ['stream-5ms'] })
  })

  it('an unknown name is refused with the names that are known', () => {
    expect(() => parse('--only', 'nginx,haproxy')).toThrow(
      '--only: unknown haproxy; known: direct, nginx, MPC-API',
    )
  })

  it.each([['x'], ['0'], ['1.5e']])('--rounds %s is refused', (value) => {
    expect(() => parse('--rounds', value)).toThrow(`--rounds: "${value}"`)
  })
})
