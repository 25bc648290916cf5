import express, { type Express } from 'express'
import { once } from 'node:events'
import { IncomingMessage, type Server, ServerResponse } from 'node:http'
import { type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createExpressServer } from './express-server.ts'

let app: Express
let server: Server
let url: string

beforeEach(async () => {
  app = express()
  server = createExpressServer(app, { keepAliveTimeout: 1234 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

describe('createExpressServer', () => {
  it("makes requests and responses that carry Express's prototypes before Express sees them", async () => {
    const seen: unknown[] = []
    server.prependListener('request', (req, res) => {
      seen.push(Object.getPrototypeOf(req), Object.getPrototypeOf(res))
    })
    app.get('/', (_req, res) => void res.end())
    await fetch(url)
    expect(seen).toEqual([app.request, app.response])
    expect(seen[0]).toBe(app.request)
    expect(seen[1]).toBe(app.response)
  })

  it("leaves nothing for Express's own swap to change", async () => {
    const changed: boolean[] = []
    server.prependListener('request', (req, res) => {
      const before = [Object.getPrototypeOf(req) as unknown, Object.getPrototypeOf(res) as unknown]
      res.once('finish', () => {
        changed.push(Object.getPrototypeOf(req) !== before[0], Object.getPrototypeOf(res) !== before[1])
      })
    })
    app.use(express.Router().get('/', (_req, res) => void res.end()))
    await fetch(url)
    expect(changed).toEqual([false, false])
  })

  it("keeps Node's own classes underneath, and Express's methods on top", async () => {
    app.post('/echo', express.json(), (req, res) => {
      res.status(201).json({
        body: req.body as unknown,
        header: req.get('x-test'),
        isNode: req instanceof IncomingMessage && res instanceof ServerResponse,
      })
    })
    const response = await fetch(`${url}/echo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-test': 'yes' },
      body: '{"big":[1,2,3]}',
    })
    expect(response.status).toBe(201)
    expect(await response.json()).toEqual({ body: { big: [1, 2, 3] }, header: 'yes', isNode: true })
  })

  it('keeps each request apart on a connection that is used again', async () => {
    app.get('/:name', (req, res) => void res.send(req.params.name))
    for (const name of ['one', 'two', 'three'])
      expect(await (await fetch(`${url}/${name}`)).text()).toBe(name)
  })

  it('passes its options on to Node', () => {
    expect(server.keepAliveTimeout).toBe(1234)
  })
})
