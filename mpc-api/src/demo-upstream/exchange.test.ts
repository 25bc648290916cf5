import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openExchange, sendFrames } from './exchange.ts'

describe('sendFrames', () => {
  it('stops asking for frames when the client leaves mid-stream', async () => {
    const stopped = new EventEmitter()
    async function* endless(gone: AbortSignal) {
      try {
        for (;;) yield await wait(1, ': tick\n\n', { signal: gone })
      } catch (error) {
        stopped.emit('stopped', String(error))
      }
    }
    const server = createServer((req, res) => {
      void openExchange(req, res).then((exchange) =>
        sendFrames(exchange, endless(exchange.gone)).catch(() => undefined),
      )
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')

    const leaving = new AbortController()
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const response = await fetch(url, { signal: leaving.signal })
    await response.body?.getReader().read()
    const reason = once(stopped, 'stopped')
    leaving.abort()

    expect(await reason).toEqual([expect.stringContaining('AbortError')])
    server.close()
  })
})
