import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, expect, it } from 'vitest'
import { connectSocket } from './connect-socket.ts'

const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
afterAll(() => server.close())

it('sends no handshake for a session that was given up before: its client may leave between two tries', async () => {
  let connections = 0
  server.on('connection', (socket) => {
    connections += 1
    socket.destroy()
  })
  const connect = (signal: AbortSignal) =>
    connectSocket({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      headers: [],
      protocols: [],
      maxMessageBytes: 1024,
      connectMs: 1000,
      firstByteMs: 1000,
      signal,
      onAnswered: () => undefined,
    })
  await expect(connect(AbortSignal.abort())).rejects.toThrow('given up')
  // Whatever the first one had sent would be there before this one.
  await expect(connect(new AbortController().signal)).rejects.toThrow()

  expect(connections).toBe(1)
})
