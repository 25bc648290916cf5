import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Connections } from './connections.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

async function listen() {
  const connections = new Connections()
  const server = createServer()
  connections.watch(server)
  server.listen(0)
  await once(server, 'listening')
  stops.push(() => {
    connections.closeAll()
    server.close()
  })
  const nextRequest = async (): Promise<[IncomingMessage, ServerResponse]> =>
    (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  const client = connect((server.address() as AddressInfo).port)
  const request = async (): Promise<[IncomingMessage, ServerResponse]> => {
    const arrived = nextRequest()
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    return arrived
  }
  return { connections, client, request }
}

describe('a server is quiet', () => {
  it('once the last request has ended, and again after one more', async () => {
    const { connections, request } = await listen()
    const [req, res] = await request()
    for (let turn = 0; turn < 2; turn += 1) {
      connections.begin(req, res)
      const quiet = connections.whenQuiet()
      expect(connections.requests()).toEqual([req])
      connections.end(req)

      await quiet
    }
  })

  it('once the client in progress has left, and is not told twice', async () => {
    const { connections, client, request } = await listen()
    const [req, res] = await request()
    connections.begin(req, res)
    const quiet = connections.whenQuiet()
    client.destroy()
    await quiet
    connections.end(req)

    expect(connections.requests()).toEqual([])
    await connections.whenQuiet()
  })

  it('not while a pipelined request is answered, whose turn begins before the one ahead is told to be over', async () => {
    const { connections, request } = await listen()
    const [first, firstAnswer] = await request()
    connections.begin(first, firstAnswer)
    const [second, secondAnswer] = await request()
    connections.begin(second, secondAnswer)
    connections.end(first)

    expect(connections.requests()).toEqual([second])
    connections.closeIdle()
    expect(second.socket.destroyed).toBe(false)
    const quiet = connections.whenQuiet()
    connections.end(second)
    await quiet
  })
})
