import { connect } from 'node:net'
import OpenAI from 'openai'
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { WebSocket as BrowserWebSocket } from 'undici'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { clientKey } from '../support/start-pair.ts'
import { startSocketPair } from '../support/start-socket-pair.ts'
import { type UpstreamSocket } from '../support/socket-upstream.ts'
import { within } from '../support/within.ts'

const { gateway, upstream } = await startSocketPair()
const port = Number(new URL(gateway.url).port)
const openai = new OpenAI({ apiKey: clientKey, baseURL: `${gateway.url}/api/v1` })

// The SDK insists on wss, which belongs to a proxy in front of the gateway: here it is taken off again.
const plainSocket = { createConnection: () => connect(port, '127.0.0.1') }
class PlainBrowserWebSocket extends BrowserWebSocket {
  constructor(url: string, protocols: string[]) {
    super(url.replace(/^wss:/, 'ws:'), protocols)
  }
}
vi.stubGlobal('WebSocket', PlainBrowserWebSocket)
afterAll(() => vi.unstubAllGlobals())

/** Answers as a realtime model would. */
async function playModel(): Promise<UpstreamSocket> {
  const server = await upstream.nextSocket()
  const say = (event: object) => server.socket.send(JSON.stringify(event))
  server.socket.on('message', (data: Buffer) => {
    const event = JSON.parse(data.toString()) as { type: string }
    if (event.type !== 'response.create') return
    say({ type: 'response.created', response: { id: 'resp_1' } })
    say({ type: 'response.output_text.delta', delta: 'Hello' })
    say({ type: 'response.done', response: { id: 'resp_1', usage: { input_tokens: 2, output_tokens: 3 } } })
  })
  say({ type: 'session.created', session: { id: 'sess_1' } })
  return server
}

const clients = {
  'OpenAIRealtimeWS (ws)': () =>
    OpenAIRealtimeWS.create(openai, { model: 'gpt-realtime', options: plainSocket }),
  'OpenAIRealtimeWebSocket (browsers)': () =>
    OpenAIRealtimeWebSocket.create(openai, { model: 'gpt-realtime', dangerouslyAllowBrowser: true }),
}

describe.each(Object.entries(clients))('the OpenAI SDK’s %s', (_, connectClient) => {
  it('holds a session through the gateway: events, an answer, a close', async () => {
    const client = await connectClient()
    const said: string[] = []
    const failures: unknown[] = []
    client.on('event', (event) => said.push(event.type))
    client.on('error', (error) => failures.push(error))
    const server = await playModel()
    await expect.poll(() => said).toContain('session.created')
    client.send({ type: 'response.create' })
    await expect.poll(() => said.at(-1)).toBe('response.done')
    client.close({ code: 1000, reason: 'done' })
    const closed = await within(2_000, server.closed, 'the close did not reach LiteLLM')

    expect(said).toEqual([
      'session.created',
      'response.created',
      'response.output_text.delta',
      'response.done',
    ])
    expect(failures).toEqual([])
    expect(closed).toMatchObject({ code: 1000, reason: 'done' })
    expect(server.request.url).toBe('/v1/realtime?model=gpt-realtime')
  })

  it('is told by an error event when LiteLLM vanishes', async () => {
    const client = await connectClient()
    const failures: Error[] = []
    client.on('error', (error) => failures.push(error))
    const server = await playModel()
    await expect.poll(() => client.socket.readyState).toBe(1)
    server.socket.terminate()
    await expect.poll(() => failures.length).toBeGreaterThan(0)

    expect(failures[0]?.message).toContain('LLM_ERROR')
  })
})
