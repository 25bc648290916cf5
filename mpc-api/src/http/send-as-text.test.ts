import { once } from 'node:events'
import http, { type ServerResponse } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { securityHeaders, securityText } from './base-headers.ts'
import { goesAsText, KEEP_ALIVE_MS, sendAsText } from './send-as-text.ts'

const body = '{"a":"ü"}'
const length = ['content-length', String(body.length)]
const plain = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

let server: http.Server
let client: net.Socket

/** What comes back over one connection for the given requests. */
async function ask(answer: (res: ServerResponse) => void, requests: string): Promise<string> {
  server = http.createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (_req, res) => answer(res))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = net.connect((server.address() as AddressInfo).port, '127.0.0.1')
  let received = ''
  client.on('data', (bytes) => (received += bytes.toString('latin1')))
  client.write(requests)
  const wanted = requests.split('HTTP/1.').length - 1
  await expect.poll(() => received.split(body).length - 1).toBe(wanted)
  return received
}

const asText = (res: ServerResponse) => {
  sendAsText(res, 201, { constant: securityText, headers: ['x-a', 'ü', ...length] }, body)
}
const asNodeDoes = (res: ServerResponse) => {
  res.writeHead(201, [...securityHeaders, 'x-a', 'ü', ...length])
  res.end(body, 'latin1')
}
const withoutDate = (answer: string) =>
  answer.replace(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$/m, 'Date')

afterEach(() => {
  client.destroy()
  server.close()
  server.closeAllConnections()
})

describe('an answer that is sent as text', () => {
  it('is byte for byte what Node would send', async () => {
    const text = withoutDate(await ask(asText, plain))
    client.destroy()
    server.close()

    expect(text).toBe(withoutDate(await ask(asNodeDoes, plain)))
    expect(text).toContain('\r\nDate\n')
  })

  it('leaves its connection to the next requests, also those that wait behind it', async () => {
    expect((await ask(asText, plain.repeat(3))).match(/HTTP\/1.1 201 Created/g)).toHaveLength(3)
  })

  it('is over for everybody who listens', async () => {
    const events: string[] = []
    await ask((res) => {
      for (const name of ['finish', 'close']) res.once(name, () => events.push(name))
      asText(res)
      expect(res.headersSent).toBe(true)
      expect(res.writableEnded).toBe(true)
    }, plain)

    await expect.poll(() => events).toEqual(['finish', 'close'])
  })

  it('cannot be given a header that breaks out of its line', async () => {
    let problem: unknown
    await ask((res) => {
      try {
        sendAsText(res, 200, { constant: '', headers: ['x-a', 'b\r\nx-c: d', ...length] }, body)
      } catch (thrown) {
        problem = thrown
        asNodeDoes(res)
      }
    }, plain)

    expect(problem).toBeInstanceOf(TypeError)
  })
})

describe('an answer goes as text', () => {
  const decide = async (
    request: string,
    { status = 200, headers = length, prepare = (res: ServerResponse): unknown => res } = {},
  ) => {
    let decision: boolean | undefined
    await ask((res) => {
      prepare(res)
      decision = goesAsText(res, status, headers)
      for (const name of res.getHeaderNames()) res.removeHeader(name)
      res.end(body, 'latin1')
    }, request)
    return decision
  }

  it('when it has a body and its connection stays open', async () => {
    expect(await decide(plain)).toBe(true)
  })

  it.each([
    ['the client closes the connection', 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n', {}],
    ['the client speaks HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', {}],
    ['the status allows no body', plain, { status: 204 }],
    ['we close the connection', plain, { headers: ['connection', 'close'] }],
    ['a stage has set a header', plain, { prepare: (res: ServerResponse) => res.setHeader('x-set', '1') }],
  ])('not when %s', async (_, request, options) => {
    expect(await decide(request, options)).toBe(false)
  })
})
