import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { describeConfig } from './describe-config.ts'
import { ConfigError, isLoopback, readConfig } from './read-config.ts'

const problemsOf = (env: Record<string, string>) => {
  try {
    readConfig(env)
    return []
  } catch (problem) {
    expect(problem).toBeInstanceOf(ConfigError)
    return (problem as ConfigError).problems
  }
}

describe('the configuration', () => {
  it('works with nothing set', () => {
    expect(readConfig({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      apiKey: undefined,
      upstreamUrls: undefined,
      corsOrigins: ['*'],
      limits: { maxBodyBytes: 64 * 1024 * 1024 },
      warnings: [],
    })
  })

  it('takes an empty or blank variable for an unset one, and trims the others', () => {
    expect(readConfig({ PORT: '', LOG_LEVEL: '  ', LITELLM_BASE_URL: '' })).toEqual(readConfig({}))
    expect(readConfig({ PORT: ' 81 ' }).port).toBe(81)
  })

  it('takes several addresses of LiteLLM, and expects it under its name in production', () => {
    expect(readConfig({ LITELLM_BASE_URL: 'http://a:4000, https://b/v1,' }).upstreamUrls).toEqual([
      'http://a:4000',
      'https://b/v1',
    ])
    expect(readConfig({ NODE_ENV: 'production' }).upstreamUrls).toEqual(['http://litellm:4000'])
  })

  it.each([
    ['PORT', ['0x50', '-1', '65536', '3.5', '1e3', '٣', 'abc']],
    ['NODE_ENV', ['prod']],
    ['LOG_LEVEL', ['loud']],
    ['LITELLM_BASE_URL', ['localhost:4000', 'ftp://a', 'http://u:p@a', 'http://:p@a', 'http://a?x=1', ',']],
    ['LITELLM_API_KEY', ['sk-“abc”', 'two words', 'sk-a\nb']],
    ['LITELLM_MASTER_KEY', ['sk-“abc”']],
    ['MPC_API_KEY', ['two words', 'schlüssel']],
    ['MPC_AUTH', ['false', 'OFF']],
    ['MPC_CORS_ORIGINS', ['app.example.com', 'javascript:alert(1)', 'https://*.example.com', 'null']],
    ['MPC_MAX_JSON_DEPTH', ['0', '5000']],
    ['MPC_PING_INTERVAL_MS', ['0', '30001', '15s']],
  ])('%s refuses %j, by name', (name, values) => {
    for (const value of values)
      expect(problemsOf({ [name]: value })).toEqual([expect.stringMatching(`^${name}: `)])
  })

  it.each([
    ['https://app.example.com/', 'https://app.example.com'],
    ['https://app.example.com/page?x=1', 'https://app.example.com'],
    ['https://App.Example.com', 'https://app.example.com'],
    ['https://app.example.com:443', 'https://app.example.com'],
    ['http://u:p@localhost:8080', 'http://localhost:8080'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ])('tells how browsers write the origin %s', (given, origin) => {
    expect(readConfig({ MPC_CORS_ORIGINS: origin }).corsOrigins).toEqual([origin])
    expect(problemsOf({ MPC_CORS_ORIGINS: `*, ${given}` })).toEqual([
      `MPC_CORS_ORIGINS: must be written as browsers send it: ${origin}`,
    ])
  })

  it('tells every problem at once', () => {
    expect(problemsOf({ PORT: 'x', LOG_LEVEL: 'x', MPC_AUTH: 'x' })).toHaveLength(3)
  })

  it('never shows the value of a secret in a problem', () => {
    for (const name of ['MPC_API_KEY', 'LITELLM_API_KEY', 'LITELLM_MASTER_KEY'])
      expect(problemsOf({ [name]: 'my secret key' }).join()).not.toContain('my secret key')
  })

  it('refuses to serve other machines without a key, unless told so in words', () => {
    expect(problemsOf({ MPC_HOST: '0.0.0.0' })).toEqual([expect.stringContaining('MPC_API_KEY')])
    expect(readConfig({ MPC_HOST: '0.0.0.0', MPC_API_KEY: 'x'.repeat(32) }).warnings).toEqual([])
    expect(readConfig({ MPC_HOST: '0.0.0.0', MPC_AUTH: 'off' }).warnings).toHaveLength(1)
  })

  it('serves without a key under MPC_AUTH=off, even when one is set', () => {
    expect(readConfig({ MPC_AUTH: 'off', MPC_API_KEY: 'k' }).apiKey).toBeUndefined()
  })

  it('warns of a short key, and of the master key of LiteLLM', () => {
    expect(readConfig({ MPC_API_KEY: 'short' }).warnings).toEqual([expect.stringContaining('MPC_API_KEY')])
    expect(readConfig({ LITELLM_MASTER_KEY: 'm' })).toMatchObject({
      upstreamKey: 'm',
      warnings: [expect.stringContaining('LITELLM_MASTER_KEY')],
    })
    expect(readConfig({ LITELLM_MASTER_KEY: 'm', LITELLM_API_KEY: 'k' })).toMatchObject({
      upstreamKey: 'k',
      warnings: [],
    })
  })

  it.each([
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.8.8.8', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.evil.example', false],
    ['localhost.evil.example', false],
    ['10.0.0.1', false],
  ])('takes %s for loopback: %s', (host, expected) => {
    expect(isLoopback(host)).toBe(expected)
  })
})

describe('the description of the configuration', () => {
  it('has every variable once, with words', () => {
    const names = describeConfig().map(({ name }) => name)

    expect(new Set(names).size).toBe(names.length)
    for (const { description } of describeConfig()) expect(description).toMatch(/\.$/)
  })

  it('has defaults that are themselves accepted', () => {
    const env = Object.fromEntries(
      describeConfig().flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])),
    )

    expect(readConfig(env)).toEqual(readConfig({}))
  })

  it('marks every key as a secret, and .env.example shows none', async () => {
    const secrets = describeConfig().filter(({ secret }) => secret)
    const example = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8')

    expect(secrets.map(({ name }) => name)).toEqual(
      describeConfig()
        .map(({ name }) => name)
        .filter((name) => name.endsWith('_KEY')),
    )
    for (const { name } of secrets) expect(example).not.toMatch(new RegExp(`^${name}=.`, 'm'))
  })
})
