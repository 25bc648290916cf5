import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chat, chatStatus, litellmUrl, mpcApiUrl } from './support/chat.ts'
import { outagesOf } from './outages.ts'
import { reasonToSkip, sayWhySkipped } from './support/engine.ts'
import { comesToReach, opensBeyondLoopback, reaches } from './support/reach.ts'
import { type Stack, createStack } from './support/stack.ts'

const reason = await reasonToSkip()
sayWhySkipped(reason)

describe.skipIf(reason !== undefined)('the core on a real engine', () => {
  let stack: Stack
  const startedAt = async (service: string) =>
    Date.parse((await stack.inspect('ai-infra', service)).State.StartedAt)

  beforeAll(async () => {
    stack = await createStack()
    const { code, stderr } = await stack.compose(
      'ai-infra',
      'up',
      '-d',
      '--build',
      '--wait',
      '--wait-timeout',
      '540',
    )
    if (code !== 0) throw new Error(stderr)
  })
  afterAll(() => stack.remove())

  it('up --wait ends with every service healthy and the one-shot done', async () => {
    for (const service of ['postgres', 'redis', 'litellm', 'mpc-api']) {
      expect((await stack.inspect('ai-infra', service)).State.Health?.Status, service).toBe('healthy')
    }
    expect((await stack.inspect('ai-infra', 'mpc-api-key')).State).toMatchObject({
      Status: 'exited',
      ExitCode: 0,
    })
  })

  it('starts LiteLLM after its databases, registers the key then, and MPC-API last', async () => {
    const order = await Promise.all(['postgres', 'redis', 'litellm', 'mpc-api-key', 'mpc-api'].map(startedAt))
    expect(Math.max(order[0]!, order[1]!)).toBeLessThan(order[2]!)
    expect(order[2]).toBeLessThan(order[3]!)
    expect(order[3]).toBeLessThan(order[4]!)
  })

  it('a second up --wait succeeds, and the key is found registered', async () => {
    expect((await stack.compose('ai-infra', 'up', '-d', '--wait')).code).toBe(0)
    expect((await stack.compose('ai-infra', 'logs', 'mpc-api-key')).stdout).toContain('is registered already')
  })

  it('POST /api/chat/completions to the mock model answers whole', async () => {
    const response = await chat(`${mpcApiUrl(stack)}/api`, stack.env['MPC_API_KEY'])
    expect(response.status).toBe(200)
    const answer = (await response.json()) as { choices: { message: { content: string } }[] }
    expect(answer.choices[0]?.message.content).not.toBe('')
  })

  it('POST /api/chat/completions to the mock model answers as a stream that ends in [DONE]', async () => {
    const response = await chat(`${mpcApiUrl(stack)}/api`, stack.env['MPC_API_KEY'], { stream: true })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const text = await response.text()
    expect(text).toContain('"delta"')
    expect(text.trimEnd()).toMatch(/data: \[DONE\]$/)
  })

  it('MPC-API refuses a call without its key', async () => {
    expect((await chat(`${mpcApiUrl(stack)}/api`, 'mpc-wrong')).status).toBe(401)
  })

  it('nothing listens beyond 127.0.0.1', async () => {
    for (const service of ['postgres', 'redis']) {
      expect((await stack.inspect('ai-infra', service)).HostConfig.PortBindings ?? {}, service).toEqual({})
    }
    for (const name of ['MPC_API_HOST_PORT', 'LITELLM_HOST_PORT']) {
      expect(await opensBeyondLoopback(Number(stack.env[name])), name).toBe(false)
    }
  })

  it('MPC-API reaches LiteLLM and its databases, and the databases reach nothing', async () => {
    for (const target of ['litellm:4000', 'postgres:5432', 'redis:6379']) {
      expect(await comesToReach(stack, ['ai-infra', 'mpc-api'], target), target).toBe(true)
    }
    const { NetworkSettings } = await stack.inspect('ai-infra', 'litellm')
    const litellm = NetworkSettings.Networks[stack.network]?.IPAddress
    expect(await reaches(stack, ['ai-infra', 'postgres'], `${litellm}:4000`)).toBe(false)
    // On the network that they share, so that the refusal above is one of the network and not of the name.
    expect(await comesToReach(stack, ['ai-infra', 'postgres'], 'redis:6379')).toBe(true)
  })

  it("MPC-API's program is not root, and its file system is read-only", async () => {
    const id = await stack.exec('ai-infra', 'mpc-api', 'id', '-u')
    expect(id.stdout.trim()).toBe('1001')
    const write = await stack.exec('ai-infra', 'mpc-api', 'sh', '-c', 'echo x > /app/x')
    expect(write.stderr).toContain('Read-only file system')
  })

  it.each(['postgres', 'redis'])('%s ends up as a user of its own, not as root', async (service) => {
    const status = await stack.exec('ai-infra', service, 'grep', '^Uid', '/proc/1/status')
    expect(status.stdout).toMatch(/^Uid:\s+[1-9]/)
  })

  it('MPC-API has neither the master key nor a provider key', async () => {
    const { stdout } = await stack.exec('ai-infra', 'mpc-api', 'env')
    expect(stdout).not.toContain(stack.env['LITELLM_MASTER_KEY'])
    expect(stdout).not.toMatch(/OPENAI|ANTHROPIC/)
  })

  it('down and up again keeps the data of Postgres and Redis, and the key', async () => {
    const psql = (sql: string) =>
      stack.exec('ai-infra', 'postgres', 'psql', '-U', 'postgres', '-d', 'mpc_api', '-tAc', sql)
    const redis = (...args: string[]) => stack.exec('ai-infra', 'redis', 'redis-cli', '-n', '1', ...args)
    await psql("create table kept as select 'yes' as answer")
    await redis('set', 'kept', 'yes')

    expect((await stack.compose('ai-infra', 'down')).code).toBe(0)
    expect((await stack.compose('ai-infra', 'up', '-d', '--wait')).code).toBe(0)

    expect((await psql('select answer from kept')).stdout.trim()).toBe('yes')
    expect((await redis('get', 'kept')).stdout.trim()).toBe('yes')
    expect((await stack.compose('ai-infra', 'logs', 'mpc-api-key')).stdout).toContain('is registered already')
    expect(await chatStatus(stack)).toBe(200)
  })

  it('the two databases have roles of their own, and neither opens the other', async () => {
    const connect = (role: string, database: string, password: string | undefined) =>
      stack.compose(
        ...(['ai-infra', 'exec', '-T', '-e', `PGPASSWORD=${password}`, 'postgres', 'psql'] as const),
        ...['-h', '127.0.0.1', '-U', role, '-d', database, '-tAc', 'select 1'],
      )
    expect((await connect('mpc_api', 'mpc_api', stack.env['MPC_DB_PASSWORD'])).stdout.trim()).toBe('1')
    expect((await connect('mpc_api', 'litellm', stack.env['MPC_DB_PASSWORD'])).stderr).toContain(
      'permission denied',
    )
    expect((await connect('litellm', 'mpc_api', stack.env['LITELLM_DB_PASSWORD'])).stderr).toContain(
      'permission denied',
    )
  })

  it('a database password changed as docs/security.md says opens the same data', async () => {
    stack.env['LITELLM_DB_PASSWORD'] = 'changed-0123456789abcdef'
    const sql = `ALTER ROLE litellm PASSWORD '${stack.env['LITELLM_DB_PASSWORD']}'`
    const alter = await stack.exec('ai-infra', 'postgres', 'psql', '-U', 'postgres', '-c', sql)
    expect(alter.stdout).toContain('ALTER ROLE')
    expect((await stack.compose('ai-infra', 'up', '-d', '--wait')).code).toBe(0)
    expect((await stack.compose('ai-infra', 'logs', 'mpc-api-key')).stdout).toContain('is registered already')
    expect(await chatStatus(stack)).toBe(200)
  })

  it("LiteLLM's own key routes are not reachable through MPC-API", async () => {
    for (const path of [
      '/key/generate',
      '/api/key/generate',
      '/v1/key/info',
      '/config/update',
      '/ui',
      '/health/services',
    ]) {
      const headers = { authorization: `Bearer ${stack.env['MPC_API_KEY']}` }
      const response = await fetch(mpcApiUrl(stack) + path, { method: 'POST', headers })
      expect(response.status, path).toBe(404)
    }
    expect((await fetch(`${litellmUrl(stack)}/health/liveliness`)).status).toBe(200)
  })

  describe('when a part of it is down', () => outagesOf(() => stack))
})
