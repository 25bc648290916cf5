import { afterAll, beforeEach } from 'vitest'
import { type ClientOptions } from 'ws'
import { openRawClient, type RawClient } from './raw-client.ts'
import { openRefused, openSocket, type RefusedHandshake, type SocketClient } from './socket-client.ts'
import { type SocketUpstream, startSocketUpstream } from './socket-upstream.ts'
import { startGateway, type TestGateway } from './start-gateway.ts'
import { clientKey, upstreamKey } from './start-pair.ts'

/** A gateway in front of a LiteLLM that speaks WebSocket. */
export interface SocketPair {
  readonly gateway: TestGateway
  readonly upstream: SocketUpstream
  /** Opens a WebSocket with the client's key. */
  readonly open: (path: string, options?: ClientOptions, protocols?: string[]) => Promise<SocketClient>
  /** Opens a WebSocket without any key of its own. */
  readonly openBare: (path: string, options?: ClientOptions, protocols?: string[]) => Promise<SocketClient>
  readonly refused: (path: string, options?: ClientOptions, protocols?: string[]) => Promise<RefusedHandshake>
  readonly raw: () => Promise<RawClient>
}

export const keyHeader = { authorization: `Bearer ${clientKey}` }

/** Starts both for the tests of one file and stops them, and what was opened, after it. */
export async function startSocketPair(env: Readonly<Record<string, string>> = {}): Promise<SocketPair> {
  const upstream = await startSocketUpstream()
  const own = { LITELLM_BASE_URL: upstream.url, LITELLM_API_KEY: upstreamKey, MPC_API_KEY: clientKey }
  const gateway = await startGateway({ ...own, ...env })
  const clients: SocketClient[] = []
  const raws: RawClient[] = []

  beforeEach(() => {
    upstream.refuseWith(undefined)
    upstream.choose((offered) => [...offered][0] ?? false)
  })
  afterAll(async () => {
    for (const { socket } of clients) socket.terminate()
    for (const client of raws) client.destroy()
    await gateway.stop()
    await upstream.stop()
  })
  const openBare = async (path: string, options: ClientOptions = {}, protocols: string[] = []) => {
    const client = await openSocket(gateway.url + path, options, protocols)
    clients.push(client)
    return client
  }
  return {
    gateway,
    upstream,
    openBare,
    open: (path, options = {}, protocols = []) =>
      openBare(path, { ...options, headers: { ...keyHeader, ...options.headers } }, protocols),
    refused: (path, options = {}, protocols = []) => openRefused(gateway.url + path, options, protocols),
    raw: async () => {
      const client = await openRawClient(gateway.url)
      raws.push(client)
      return client
    },
  }
}
