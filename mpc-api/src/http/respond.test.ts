import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { RequestContext } from './request-context.ts'
import { sendBody } from './respond.ts'

describe('sendBody', () => {
  let server: http.Server

  afterEach(() => {
    server.close()
    server.closeAllConnections()
  })

  it.each([0, 1, 256, 8192, 8193, 100_000])('sends %i bytes of any value as they are', async (size) => {
    const body = Buffer.from(Array.from({ length: size }, (_, index) => index % 256))
    server = http.createServer((req, res) => {
      RequestContext.begin(req)
      sendBody(res, 200, ['content-type', 'application/octet-stream'], body)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')

    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const received = Buffer.from(await response.arrayBuffer())

    expect(response.headers.get('content-length')).toBe(String(size))
    expect(received.equals(body)).toBe(true)
  })
})
