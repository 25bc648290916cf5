import express from 'express'
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { openRawClient, postText, type RawClient } from '../../tests/support/raw-client.ts'
import { within } from '../../tests/support/within.ts'
import { type BodyTaker, takeBody } from './body-taker.ts'
import { createExpressServer } from './express-server.ts'

/** Notes what it is given. */
class Notes implements BodyTaker {
  readonly pieces: string[] = []
  readonly events: string[] = []
  readonly settled: Promise<void>
  #settle!: () => void

  constructor() {
    this.settled = new Promise((resolve) => (this.#settle = resolve))
  }

  onData(chunk: Buffer): void {
    this.pieces.push(chunk.toString())
  }

  onEnd(): void {
    this.events.push('end')
    this.#settle()
  }

  onCut(): void {
    this.events.push('cut')
    this.#settle()
  }

  get text(): string {
    return this.pieces.join('')
  }
}

const servers: http.Server[] = []
const clients: RawClient[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy()
  for (const server of servers.splice(0)) server.close()
})

async function connectTo(server: http.Server): Promise<RawClient> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = await openRawClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  clients.push(client)
  return client
}

type Handler = (req: http.IncomingMessage, res: http.ServerResponse) => void | Promise<void>

/** A server with our class of requests. */
function createServer(handle: Handler): http.Server {
  const app = express()
  app.use((req, res) => void handle(req, res))
  return createExpressServer(app, {})
}

/** Takes every body and answers with it. */
function echo(taken: Notes[] = []): Handler {
  return async (req, res) => {
    const notes = new Notes()
    taken.push(notes)
    takeBody(req, notes)
    await notes.settled
    res.end(`${notes.events[0]}:${notes.text}`)
  }
}

async function bodies(client: RawClient, count: number): Promise<string[]> {
  const complete = () => client.answers().filter((answer) => answer.complete)
  for (let waited = 0; complete().length < count && waited < 300; waited += 1) await delay(10)
  return complete().map(({ body }) => body.toString())
}

describe.each([
  ['of our class', createServer],
  ['of the class of Node', (handle: Handler) => http.createServer((req, res) => void handle(req, res))],
])('the body of a request %s', (_name, create) => {
  it('comes whole when it was sent whole', async () => {
    const client = await connectTo(create(echo()))
    client.send(postText('/', 'hello'))

    expect(await bodies(client, 1)).toEqual(['end:hello'])
  })

  it('comes whole when it was sent in pieces and in chunks', async () => {
    const client = await connectTo(create(echo()))
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (const piece of ['3\r\nabc\r\n', '4\r\nde', 'fg\r\n', '0\r\n\r\n']) {
      await delay(10)
      client.send(piece)
    }

    expect(await bodies(client, 1)).toEqual(['end:abcdefg'])
  })

  it('comes whole when it is large', async () => {
    const client = await connectTo(create(echo()))
    const large = 'x'.repeat(3_000_000)
    client.send(postText('/', large))

    expect(await bodies(client, 1)).toEqual([`end:${large}`])
  })

  it('ends also when it is empty', async () => {
    const client = await connectTo(create(echo()))
    client.send('POST / HTTP/1.1\r\nHost: a\r\n\r\n', postText('/', ''))

    expect(await bodies(client, 2)).toEqual(['end:', 'end:'])
  })

  it('is its own when several came at once, and when they came one by one', async () => {
    const client = await connectTo(create(echo()))
    client.send(postText('/', 'one') + postText('/', 'two') + postText('/', 'three'))
    expect(await bodies(client, 3)).toEqual(['end:one', 'end:two', 'end:three'])
    client.send(postText('/', 'four'))

    expect(await bodies(client, 4)).toEqual(['end:one', 'end:two', 'end:three', 'end:four'])
  })

  it('comes whole to somebody who asks for it when it has been there for long', async () => {
    const late: Handler = async (req, res) => {
      await delay(30)
      await echo()(req, res)
    }
    const client = await connectTo(create(late))
    client.send(postText('/', 'waits'))

    expect(await bodies(client, 1)).toEqual(['end:waits'])
  })

  it('is cut and never ended when the connection is lost before its end', async () => {
    const taken: Notes[] = []
    const client = await connectTo(create(echo(taken)))
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfive!')
    while (taken[0]?.text !== 'five!') await delay(5)
    client.reset()
    await within(2_000, taken[0].settled, 'nobody said that the connection was lost')

    expect(new Set(taken[0].events)).toEqual(new Set(['cut']))
  })
})

describe('taking a body', () => {
  it('of a request that is gone is told so at once', async () => {
    const taken = new Promise<Notes>((resolve) => {
      const server = createServer((req) => {
        const notes = new Notes()
        req.destroy()
        takeBody(req, notes)
        resolve(notes)
      })
      void connectTo(server).then((client) => client.send(postText('/', 'hello')))
    })

    expect((await taken).events).toEqual(['cut'])
  })

  it('twice is refused: the first would hear nothing', async () => {
    const problem = new Promise<unknown>((resolve) => {
      const server = createServer((req, res) => {
        takeBody(req, new Notes())
        try {
          takeBody(req, new Notes())
          resolve(undefined)
        } catch (caught) {
          resolve(caught)
        }
        res.end()
      })
      void connectTo(server).then((client) => client.send(postText('/', 'hello')))
    })

    expect(await problem).toMatchObject({ message: expect.stringContaining('already taken') as string })
  })
})

describe('a connection whose body is taken', () => {
  it('gets the last answer of Express when its own handlers fail after that', async () => {
    const app = express()
    app.set('env', 'test')
    app.use(async (req) => {
      const notes = new Notes()
      takeBody(req, notes)
      await notes.settled
      throw new Error('nobody handles this')
    })
    const client = await connectTo(createExpressServer(app, {}))
    client.send(postText('/', 'hello'))

    expect((await client.answer()).status).toBe(500)
  })

  it('carries the next request when the body came to its end after the answer', async () => {
    const requests: http.IncomingMessage[] = []
    const server = createServer((req, res) => {
      requests.push(req)
      takeBody(req, new Notes())
      res.end(req.url)
    })
    const client = await connectTo(server)
    client.send('POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfive!')
    expect(await bodies(client, 1)).toEqual(['/first'])
    client.send('five!', postText('/second', 'x'))

    expect(await bodies(client, 2)).toEqual(['/first', '/second'])
  })

  it('lets go of each request with its answer, whether or not its body was complete by then', async () => {
    const held: boolean[] = []
    const server = createServer((req, res) => {
      const { socket } = req as http.IncomingMessage & { socket: { parser: { incoming: unknown } } }
      const notes = new Notes()
      takeBody(req, notes)
      void (req.url === '/early' ? Promise.resolve() : notes.settled).then(() => res.end('answer'))
      void notes.settled.then(async () => {
        await delay(20)
        held.push(socket.parser.incoming === req)
      })
    })
    const client = await connectTo(server)
    client.send(postText('/', 'complete'))
    await bodies(client, 1)
    client.send('POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nfive!')
    await bodies(client, 2)
    client.send('five!')
    while (held.length < 2) await delay(5)

    expect(held).toEqual([false, false])
  })

  it('is not read over again, as one that nobody read', async () => {
    const flowing: (boolean | null)[] = []
    const server = createServer(async (req, res) => {
      await echo()(req, res)
      await once(res, 'close')
      flowing.push(req.readableFlowing)
    })
    const client = await connectTo(server)
    client.send(postText('/', 'hello'))
    while (flowing.length === 0) await delay(5)

    expect(flowing).toEqual([null])
  })

  it('still tells when the client leaves during the answer', async () => {
    const events: string[] = []
    const server = createServer(async (req, res) => {
      req.on('close', () => events.push('request'))
      res.on('close', () => events.push('response'))
      const notes = new Notes()
      takeBody(req, notes)
      await notes.settled
      res.write('part')
    })
    const client = await connectTo(server)
    client.send(postText('/', 'hello'))
    await client.until('part')
    client.reset()
    for (let waited = 0; events.length < 2 && waited < 200; waited += 1) await delay(10)

    expect(events.sort()).toEqual(['request', 'response'])
  })

  it('leaves the bodies that nobody takes to the stream', async () => {
    const client = await connectTo(createServer((req, res) => void req.pipe(res)))
    client.send(postText('/', 'streamed'))
    expect(await bodies(client, 1)).toEqual(['streamed'])
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n')

    expect(await bodies(client, 2)).toEqual(['streamed', 'abc'])
  })

  it('reads over a body that nobody wants', async () => {
    const client = await connectTo(createServer((_req, res) => void res.end('unread')))
    client.send(postText('/', 'x'.repeat(500_000)), postText('/', 'y'))

    expect(await bodies(client, 2)).toEqual(['unread', 'unread'])
  })
})
