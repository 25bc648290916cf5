import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'

const names = { candidates: ['direct', 'nginx', 'MPC-API'], rows: ['whole-64', 'stream-5ms', 'upload-10MB'] }
const known = { ...names, rowGroups: { core: ['whole-64', 'stream-5ms'], surface: ['upload-10MB'] } }
const parse = (...args: string[]) => parseOptions(args, known)

describe('parseOptions', () => {
  it('without arguments, measures everything, three rounds of five seconds', () => {
    expect(parse()).toMatchObject({ ...names, rounds: 3, seconds: 5, retries: 1 })
  })

  it('--quick, measures once and shortly, but what is given by hand wins', () => {
    expect(parse('--quick')).toMatchObject({ rounds: 1, seconds: 2, retries: 0 })
    expect(parse('--quick', '--seconds', '4')).toMatchObject({ rounds: 1, seconds: 4 })
  })

  it('--only and --rows pick by name and keep the order of the table', () => {
    const picked = parse('--only', 'MPC-API,nginx', '--rows', 'stream-5ms')
    expect(picked).toMatchObject({ candidates: ['nginx', 'MPC-API'], rows: ['stream-5ms'] })
  })

  it('--rows takes the name of a group for all its rows, beside names of rows', () => {
    expect(parse('--rows', 'core')).toMatchObject({ rows: ['whole-64', 'stream-5ms'] })
    expect(parse('--rows', 'surface,whole-64')).toMatchObject({ rows: ['whole-64', 'upload-10MB'] })
  })

  it('--also adds other builds as candidates, which --only can pick', () => {
    const also = [
      { name: 'before', folder: '../old' },
      { name: 'after', folder: '/tmp/a=b' },
    ]
    const given = ['--also', 'before=../old', '--also', 'after=/tmp/a=b']
    expect(parse(...given)).toMatchObject({ also, candidates: [...names.candidates, 'before', 'after'] })
    expect(parse(...given, '--only', 'after,nginx')).toMatchObject({ candidates: ['nginx', 'after'] })
  })

  it.each([['before'], ['=dir'], ['before='], ['two words=dir']])('--also %s is refused', (value) => {
    expect(() => parse('--also', value)).toThrow(`--also: "${value}" is not NAME=DIR`)
  })

  it('--also with a name that is taken is refused', () => {
    expect(() => parse('--also', 'nginx=dir')).toThrow('--also: each NAME must be a new one')
  })

  it('--help asks for no measurement', () => {
    expect(parse('--help', '--quick')).toBeUndefined()
  })

  it.each([
    [['--fast'], "Unknown option '--fast'"],
    [['fast'], "Unexpected argument 'fast'"],
    [['--rows'], "Option '--rows <value>' argument missing"],
  ])('%j is refused in one sentence that names the way to the options', (args, said) => {
    expect(() => parse(...args)).toThrow(`${said}; \`npm run bench -- --help\` lists the options`)
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
