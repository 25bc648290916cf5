import { describe, expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { openRawClient } from '../support/raw-client.ts'
import { startGateway } from '../support/start-gateway.ts'
import { startPair } from '../support/start-pair.ts'

const { gateway } = await startPair()
const paths = ['/openapi.json', '/openapi-3.0.json', '/docs', '/docs/docs.css']

interface Served {
  openapi: string
  servers: { url: string }[]
}
const read = async (url: string) => (await (await fetch(url)).json()) as Served

describe('the contract', () => {
  it.each(paths)('GET %s needs no key, and says who answered', async (path) => {
    const response = await fetch(gateway.url + path)
    await response.text()

    expect(response.status).toBe(200)
    expect(response.headers.get('x-request-id')).toMatch(/./)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it.each(paths)('HEAD %s has the same length and no body', async (path) => {
    const head = await fetch(gateway.url + path, { method: 'HEAD' })
    const whole = await (await fetch(gateway.url + path)).arrayBuffer()

    expect(head.headers.get('content-length')).toBe(String(whole.byteLength))
  })

  it.each(paths)('POST %s is refused with the way out', async (path) => {
    const response = await fetch(gateway.url + path, { method: 'POST' })

    expect(response.headers.get('allow')).toBe('GET')
    await expectEnvelope(response, 405, 'METHOD_NOT_ALLOWED')
  })

  it('is OpenAPI 3.1 with relative servers at /openapi.json', async () => {
    const { openapi, servers } = await read(`${gateway.url}/openapi.json`)

    expect(openapi).toMatch(/^3\.1\./)
    expect(servers.map(({ url }) => url)).toEqual(['/api', '/api/v1', '/v1'])
  })

  it('is OpenAPI 3.0 at the address that was asked at /openapi-3.0.json', async () => {
    const { openapi, servers } = await read(`${gateway.url}/openapi-3.0.json`)

    expect(openapi).toBe('3.0.3')
    expect(servers).toEqual([{ url: gateway.url }])
  })

  it('names MPC_PUBLIC_URL to importers, and to readers the address they know', async () => {
    const env = { LITELLM_BASE_URL: 'http://127.0.0.1:9', MPC_PUBLIC_URL: 'http://mpc-api:3000/' }
    const other = await startGateway(env)
    const { servers } = await read(`${other.url}/openapi-3.0.json`)
    const page = await (await fetch(`${other.url}/docs`)).text()
    await other.stop()

    expect(servers).toEqual([{ url: 'http://mpc-api:3000' }])
    expect(page).toContain(`${other.url}/api/chat/completions`)
    expect(page).not.toContain('mpc-api:3000')
  })

  it.each(['<script>', 'a b', 'host:99999', '"', 'evil.example/path'])(
    'does not repeat a Host that names no host: %s',
    async (host) => {
      const client = await openRawClient(gateway.url)
      client.send(`GET /docs HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
      await expectEnvelope(await client.answer(), 400, 'BAD_REQUEST')
      client.destroy()
    },
  )

  it('the page may load our style sheet and run nothing; nothing else may load anything', async () => {
    const policyOf = async (path: string) =>
      (await fetch(gateway.url + path)).headers.get('content-security-policy')

    expect(await policyOf('/docs')).toMatch(/^default-src 'none'.*style-src 'self'/)
    expect(await policyOf('/docs')).not.toMatch(/script-src|unsafe/)
    expect(await policyOf('/openapi.json')).not.toContain('style-src')
    expect(await policyOf('/health')).not.toContain('style-src')
  })

  it('is not found below the API, where keys are asked for', async () => {
    await expectEnvelope(await fetch(`${gateway.url}/api/openapi.json`), 401, 'UNAUTHORIZED')
  })
})
