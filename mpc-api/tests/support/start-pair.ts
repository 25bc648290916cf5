import { afterAll, beforeEach } from 'vitest'
import { openRawClient, postText, type RawClient } from './raw-client.ts'
import { startGateway, type TestGateway } from './start-gateway.ts'
import { startUpstreamStub, type UpstreamStub } from './upstream-stub.ts'

export const clientKey = 'sk-mpc-of-the-client'
export const upstreamKey = 'sk-litellm-of-the-gateway'

export const chatPath = '/api/chat/completions'
export const ask = { model: 'scripted', messages: [{ role: 'user', content: 'Hello' }] }
export const askStream = { ...ask, stream: true }

/** A gateway in front of a scripted upstream. */
export interface Pair {
  readonly gateway: TestGateway
  readonly upstream: UpstreamStub
  readonly auth: Readonly<Record<string, string>>
  /** Sends with the client's key. */
  readonly get: (path: string, init?: RequestInit) => Promise<Response>
  /** A POST with the client's key; a string is sent as it is, anything else as JSON. */
  readonly post: (path: string, body: unknown, init?: RequestInit) => Promise<Response>
  readonly raw: () => Promise<RawClient>
  /** A raw client that has already sent this POST, with the client's key. */
  readonly rawPost: (
    path: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<RawClient>
}

/**
 * Starts both for the tests of one file and stops them after it; forgets the script before each test.
 * Variables override the pair's own; an empty string unsets one.
 */
export async function startPair(env: Readonly<Record<string, string>> = {}): Promise<Pair> {
  const upstream = await startUpstreamStub()
  const own = { LITELLM_BASE_URL: upstream.url, LITELLM_API_KEY: upstreamKey, MPC_API_KEY: clientKey }
  const gateway = await startGateway({ ...own, ...env })
  const auth = { authorization: `Bearer ${clientKey}` }
  const clients: RawClient[] = []

  beforeEach(() => upstream.reset())
  afterAll(async () => {
    for (const client of clients) client.destroy()
    await gateway.stop()
    await upstream.stop()
  })

  const raw = async () => {
    const client = await openRawClient(gateway.url)
    clients.push(client)
    return client
  }
  const send = (path: string, init: RequestInit) =>
    fetch(gateway.url + path, { redirect: 'manual', ...init, headers: { ...auth, ...headersOf(init) } })

  return {
    gateway,
    upstream,
    auth,
    get: (path, init = {}) => send(path, init),
    post: (path, body, init = {}) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      const headers = { 'content-type': 'application/json', ...headersOf(init) }
      return send(path, { ...init, method: 'POST', body: text, headers })
    },
    raw,
    rawPost: async (path, body, headers = {}) => {
      const client = await raw()
      client.send(postText(path, body, { ...auth, ...headers }))
      return client
    },
  }
}

const headersOf = (init: RequestInit) => init.headers as Record<string, string> | undefined
