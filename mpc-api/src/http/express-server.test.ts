import express from 'express'
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { createExpressServer } from './express-server.ts'

const servers: http.Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(app: express.Express): Promise<string> {
  const server = createExpressServer(app, {})
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Calls the app as Node would, and says how often a prototype was really swapped on the way. */
async function countSwaps(create: (app: express.Express) => http.Server): Promise<number> {
  const app = express()
  const swapped: object[] = []
  app.get('/', (_req, res) => void res.json({}))
  const original = Object.setPrototypeOf
  const server = create(app)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  Object.setPrototypeOf = (target: object, prototype: object | null): object => {
    if (target instanceof http.IncomingMessage || target instanceof http.ServerResponse) {
      if (Object.getPrototypeOf(target) !== prototype) swapped.push(target)
    }
    return original(target, prototype) as object
  }
  try {
    await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text()
  } finally {
    Object.setPrototypeOf = original
  }
  return swapped.length
}

/** Asks V8 itself. */
function hasFastFields(object: object): boolean {
  setFlagsFromString('--allow-natives-syntax')
  const ask = runInThisContext('(object) => %HasFastProperties(object)') as (object: object) => boolean
  return ask(object)
}

describe('a server made for an Express application', () => {
  it('hands it requests and responses whose prototypes need no swap, unlike the server of Node', async () => {
    expect(await countSwaps((app) => createExpressServer(app, {}))).toBe(0)
    expect(await countSwaps((app) => http.createServer(app))).toBe(2)
  })

  it("makes objects of the application's own prototypes, which still are Node's", async () => {
    const app = express()
    const seen: unknown[] = []
    app.use((req, res) => {
      seen.push(
        Object.getPrototypeOf(req) === app.request,
        Object.getPrototypeOf(res) === app.response,
        req instanceof http.IncomingMessage,
        res instanceof http.ServerResponse,
      )
      res.end()
    })
    await fetch(await serve(app))

    expect(seen).toEqual([true, true, true, true])
  })

  it('makes objects whose fields V8 finds without a hash table, once they are warm', async () => {
    const app = express()
    const seen: boolean[] = []
    app.use((req, res) => {
      seen.push(hasFastFields(req), hasFastFields(res))
      res.end()
    })
    const url = await serve(app)
    for (let sent = 0; sent < 20; sent += 1) await (await fetch(url)).text()

    expect(seen.slice(-2)).toEqual([true, true])
  })

  it("has Express's methods and getters on both, in a mounted router too", async () => {
    const app = express()
    const router = express.Router()
    router.get('/:id', (req, res) => {
      res.status(201).set('x-a', 'b').type('json').vary('origin')
      res.json({
        id: req.params.id,
        query: req.query,
        host: req.hostname,
        path: req.path,
        is: req.is('html'),
        header: req.get('x-in'),
        fresh: req.fresh,
        base: req.baseUrl,
      })
    })
    app.use('/mounted', router)
    const response = await fetch(`${await serve(app)}/mounted/a%2Fb?x=1`, { headers: { 'x-in': 'y' } })

    expect(response.status).toBe(201)
    expect(response.headers.get('x-a')).toBe('b')
    expect(await response.json()).toEqual({
      id: 'a/b',
      query: { x: '1' },
      host: '127.0.0.1',
      path: '/a%2Fb',
      is: null,
      header: 'y',
      fresh: false,
      base: '/mounted',
    })
  })

  it('reads bodies, streams answers, keeps connections, and tells when a client leaves', async () => {
    const app = express()
    const closed = new Promise<boolean>((resolve) => {
      app.get('/leave', (_req, res) => {
        res.write('a')
        res.on('close', () => resolve(res.writableFinished))
      })
    })
    app.post('/echo', (req, res) => void req.pipe(res))
    const url = await serve(app)
    for (const body of ['one', 'x'.repeat(300_000)]) {
      expect(await (await fetch(`${url}/echo`, { method: 'POST', body })).text()).toBe(body)
    }
    const leaving = new AbortController()
    await (await fetch(`${url}/leave`, { signal: leaving.signal })).body!.getReader().read()
    leaving.abort()

    expect(await closed).toBe(false)
  })
})
