import { afterAll, describe, expect, it } from 'vitest'
import { textFrame } from '../support/chat-frames.ts'
import { openSocket, type SocketClient } from '../support/socket-client.ts'
import { ask, startPair } from '../support/start-pair.ts'
import { silence, stream } from '../support/upstream-behaviours.ts'
import { within } from '../support/within.ts'

const { auth, gateway, upstream } = await startPair()
const clients: SocketClient[] = []
afterAll(() => clients.forEach(({ socket }) => socket.terminate()))

async function open(): Promise<SocketClient> {
  const client = await openSocket(`${gateway.url}/api/ws/chat`, { headers: auth })
  clients.push(client)
  return client
}
const say = (client: SocketClient, message: unknown) => client.socket.send(JSON.stringify(message))
const request = (id: string) => ({ id, type: 'request', body: ask })
const ofId = (id: string, type: string) => (one: Record<string, unknown>) =>
  one['id'] === id && one['type'] === type

describe('the chat socket, cancelling', () => {
  it('by a cancel frame ends the upstream request within 250 ms, and nothing else', async () => {
    upstream.respond(stream([textFrame('a')], { end: 'silent' }))
    const client = await open()
    say(client, request('a'))
    say(client, request('b'))
    const first = await upstream.nextRequest()
    const second = await upstream.nextRequest()
    await client.until(ofId('a', 'delta'))
    await client.until(ofId('b', 'delta'))
    const cancelledAt = performance.now()
    say(client, { type: 'cancel', id: 'a' })
    await client.until(ofId('a', 'cancelled'))
    const closedAt = await within(2_000, Promise.race([first.closed, second.closed]), 'nothing was cancelled')

    expect(closedAt - cancelledAt).toBeLessThan(250)
    expect([first.closedAt, second.closedAt].filter((at) => at === null)).toHaveLength(1)
    say(client, { type: 'cancel', id: 'unknown' })
    say(client, { type: 'cancel', id: 'b' })
    await client.until(ofId('b', 'cancelled'))
    expect(client.frames().filter((one) => one['type'] === 'error')).toEqual([])
  })

  it.each(['close', 'terminate'] as const)(
    'by leaving (%s) ends all upstream requests within 250 ms',
    async (leave) => {
      upstream.respond(silence)
      const client = await open()
      say(client, request('a'))
      say(client, request('b'))
      const requests = [await upstream.nextRequest(), await upstream.nextRequest()]
      const leftAt = performance.now()
      client.socket[leave]()
      const closedAt = await within(2_000, Promise.all(requests.map(({ closed }) => closed)), 'not cancelled')

      expect(Math.max(...closedAt) - leftAt).toBeLessThan(250)
    },
  )

  it.each(['close', 'terminate'] as const)(
    'by leaving (%s) while not reading a flood ends the upstream request within 250 ms',
    async (leave) => {
      const big = textFrame('x'.repeat(100_000))
      upstream.respond(stream(Array.from({ length: 2_000 }, () => big)))
      const client = await open()
      say(client, request('a'))
      const sent = await upstream.nextRequest()
      client.socket.pause()
      // The answer comes to a halt: 200 MB do not fit anywhere.
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect(sent.closedAt).toBeNull()
      const leftAt = performance.now()
      client.socket[leave]()
      const closedAt = await within(2_000, sent.closed, 'not cancelled')

      expect(closedAt - leftAt).toBeLessThan(250)
    },
  )
})
