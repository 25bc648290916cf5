import { once } from 'node:events'
import http, { type ServerResponse } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { securityHeaders, securityText } from './base-headers.ts'
import { goesAsText, isWrittenAsText, KEEP_ALIVE_MS, sendAsText, writeAsText } from './send-as-text.ts'

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

describe('a piece that is written as text', () => {
  const pieces = ['first ü', 'x'.repeat(300), body].map((piece) => Buffer.from(piece, 'latin1'))
  const begin = (res: ServerResponse) => res.writeHead(200, ['x-a', 'b'])
  const write = (res: ServerResponse, bytes: Buffer) => {
    const asText = isWrittenAsText(res, bytes)
    if (asText) writeAsText(res, bytes)
    else res.write(bytes)
    return asText
  }

  it('is byte for byte what Node would send', async () => {
    const sendWith = async (writePiece: (res: ServerResponse, piece: Buffer) => unknown) => {
      const send = async (res: ServerResponse) => {
        begin(res)
        for (const piece of pieces) {
          writePiece(res, piece)
          await setImmediate()
        }
        res.end()
      }
      const received = await ask((res) => void send(res), plain)
      client.destroy()
      server.close()
      return withoutDate(received.slice(0, received.indexOf(body) + body.length))
    }

    expect(await sendWith(writeAsText)).toBe(await sendWith((res, piece) => res.write(piece)))
  })

  it('keeps its place among pieces that Node writes itself', async () => {
    const received = await ask((res) => {
      begin(res)
      expect(write(res, Buffer.from('1'))).toBe(true)
      res.write('2')
      write(res, Buffer.from('3'))
      setTimeout(() => {
        expect(write(res, Buffer.from('4'))).toBe(true)
        res.end(body, 'latin1')
      })
    }, plain)

    expect(readChunks(received)).toBe(`1234${body}`)
  })

  it('does not end the answer when it is empty', async () => {
    const received = await ask((res) => {
      begin(res)
      write(res, Buffer.alloc(0))
      res.end(body, 'latin1')
    }, plain)

    expect(readChunks(received)).toBe(body)
  })

  it('waits for its turn behind the answers before it', async () => {
    let asked = 0
    const received = await ask((res) => {
      const first = asked++ === 0
      begin(res)
      write(res, Buffer.from(first ? 'one' : 'two'))
      setTimeout(() => res.end(body, 'latin1'), first ? 60 : 0)
    }, plain.repeat(2))

    expect(received.indexOf('two')).toBeGreaterThan(received.indexOf(body))
    expect(received.split('HTTP/1.1 200')).toHaveLength(3)
  })

  it('says when the client does not keep up, and when it does again', async () => {
    const piece = Buffer.alloc(8_000, 'x')
    let sent = 0
    let told: Promise<unknown> = Promise.resolve()
    const received = await ask((res) => {
      client.pause()
      begin(res)
      do sent += piece.length
      while (writeAsText(res, piece) && sent < 100_000_000)
      expect(res.writableNeedDrain).toBe(true)
      told = once(res, 'drain').then(() => res.end(body, 'latin1'))
      client.resume()
    }, plain)
    await told

    expect(sent).toBeLessThan(100_000_000)
    expect(readChunks(received)).toHaveLength(sent + body.length)
  })

  it('goes nowhere once the client has gone', async () => {
    const outcome = new Promise<boolean>((resolve) => {
      void ask((res) => {
        begin(res)
        res.on('error', () => undefined)
        res.once('close', () => resolve(write(res, Buffer.from('late'))))
        client.destroy()
      }, plain).catch(() => undefined)
    })

    expect(await outcome).toBe(false)
  })

  it.each([
    ['of HTTP/1.0, which knows no chunks', 'GET / HTTP/1.0\r\n\r\n', []],
    ['with a length', plain, length],
  ])('is none of an answer %s', async (_, request, headers) => {
    let asText: boolean | undefined
    await ask((res) => {
      res.writeHead(200, headers)
      asText = isWrittenAsText(res, pieces[0] as Buffer)
      res.end(body, 'latin1')
    }, request)

    expect(asText).toBe(false)
  })
})

/** The body of a chunked answer, put together. */
function readChunks(answer: string): string {
  let rest = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  let text = ''
  for (let size = Number.parseInt(rest, 16); size > 0; size = Number.parseInt(rest, 16)) {
    const from = rest.indexOf('\r\n') + 2
    expect(rest.slice(from + size, from + size + 2)).toBe('\r\n')
    text += rest.slice(from, from + size)
    rest = rest.slice(from + size + 2)
  }
  return text
}
