import { beforeAll, expect, it } from 'vitest'
import { chat, litellmUrl } from './support/chat.ts'
import { type Stack } from './support/stack.ts'

/** What holds for MPC-API's virtual key, on a LiteLLM that does not know it yet. Leaves it registered. */
export function virtualKeyOf(stack: () => Stack): void {
  /** Runs the one-shot again, with other values for some of its variables. */
  const register = (changes: Record<string, string> = {}, ...args: string[]) => {
    const options = Object.entries(changes).flatMap(([name, value]) => ['-e', `${name}=${value}`])
    return stack().compose('ai-infra', 'run', '--rm', '--no-deps', '-T', ...options, 'mpc-api-key', ...args)
  }
  const admin = (method: string, path: string, body?: object) =>
    fetch(litellmUrl(stack()) + path, {
      method,
      headers: {
        authorization: `Bearer ${stack().env['LITELLM_API_KEY']}`,
        'content-type': 'application/json',
      },
      ...(body && { body: JSON.stringify(body) }),
    })

  beforeAll(async () => {
    expect((await chat(litellmUrl(stack()), stack().env['LITELLM_API_KEY'])).status).toBe(401)
    expect((await register()).code).toBe(0)
  })

  it('calls models and lists them', async () => {
    expect((await chat(litellmUrl(stack()), stack().env['LITELLM_API_KEY'])).status).toBe(200)
    expect((await admin('GET', '/v1/models')).status).toBe(200)
  })

  it.each([
    ['POST', '/key/generate', {}],
    ['POST', '/key/delete', { key_aliases: ['mpc-api'] }],
    ['POST', '/key/update', { key: 'x', max_budget: 1 }],
    ['POST', '/user/new', {}],
    ['GET', '/user/list', undefined],
    ['POST', '/team/new', {}],
    ['POST', '/model/new', { model_name: 'x', litellm_params: { model: 'openai/x' } }],
    ['POST', '/config/update', {}],
    ['GET', '/config/yaml', undefined],
  ] as const)('is refused at %s %s', async (method, path, body) => {
    const { status } = await admin(method, path, body)
    expect([401, 403, 404]).toContain(status)
    // A key that was refused is still what it was.
    expect((await chat(litellmUrl(stack()), stack().env['LITELLM_API_KEY'])).status).toBe(200)
  })

  it('registering it again changes nothing', async () => {
    const { code, stdout } = await register()
    expect(code).toBe(0)
    expect(stdout).toContain("the key 'mpc-api' is registered already")
  })

  it('another key under the same alias is refused, with both ways out, and neither key is shown', async () => {
    const other = 'sk-another-key-another-key'
    const { code, stdout, stderr } = await register({ LITELLM_API_KEY: other })
    expect(code).not.toBe(0)
    const said = stdout + stderr
    expect(said).toContain("under the alias 'mpc-api'")
    expect(said).toContain('LITELLM_API_KEY in .env')
    expect(said).toContain('docker compose run --rm mpc-api-key --replace')
    expect(said).not.toContain(other)
    expect(said).not.toContain(stack().env['LITELLM_MASTER_KEY'])
  })

  it('--replace gives the alias to the new key and ends the old one', async () => {
    const next = 'sk-next-key-next-key-next'
    expect((await register({ LITELLM_API_KEY: next }, '--replace')).code).toBe(0)
    expect((await chat(litellmUrl(stack()), next)).status).toBe(200)
    expect((await chat(litellmUrl(stack()), stack().env['LITELLM_API_KEY'])).status).toBe(401)
    expect((await register({}, '--replace')).code).toBe(0)
    expect((await chat(litellmUrl(stack()), stack().env['LITELLM_API_KEY'])).status).toBe(200)
  })

  it('a wrong master key is named as such', async () => {
    const { code, stdout, stderr } = await register({ LITELLM_MASTER_KEY: 'sk-not-the-master-key' })
    expect(code).not.toBe(0)
    expect(stdout + stderr).toContain('LiteLLM refuses LITELLM_MASTER_KEY')
  })

  it('the master key is not accepted as the key of MPC-API', async () => {
    const master = stack().env['LITELLM_MASTER_KEY']!
    const { code, stdout, stderr } = await register({ LITELLM_API_KEY: master })
    expect(code).not.toBe(0)
    expect(stdout + stderr).toContain('MPC-API needs a key of its own')
  })

  it('a LiteLLM that does not answer is named, after a bounded wait', async () => {
    const { code, stdout, stderr } = await register({ LITELLM_URL: 'http://litellm:4999' })
    expect(code).not.toBe(0)
    expect(stdout + stderr).toContain('LiteLLM does not answer at http://litellm:4999')
  })
}
