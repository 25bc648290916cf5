import express, { type RequestHandler } from 'express'
import { once } from 'node:events'
import { type Server } from 'node:http'
import { type AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { inOrder } from './in-order.ts'

let server: Server
afterEach(() => server.close())

/** What a client is answered by these stages, with a last one and an error handler behind them. */
async function answerOf(...stages: RequestHandler[]): Promise<string> {
  const app = express()
  app.use(inOrder(...stages))
  app.use((_req, res) => void res.end('passed'))
  const handleError: express.ErrorRequestHandler = (problem: unknown, _req, res, _next) => {
    res.end(`failed: ${String(problem)}`)
  }
  app.use(handleError)
  server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)).text()
}

const problem = new Error('broken')
const pass: RequestHandler = (_req, _res, next) => next()
const notReached: RequestHandler = (_req, res) => void res.end('reached what it should not')
const throwProblem: RequestHandler = () => {
  throw problem
}

describe('stages in order', () => {
  it('run one after the other, each once the one before has passed the request on', async () => {
    const seen: number[] = []
    const stages = [1, 2, 3].map((number): RequestHandler => (_req, _res, next) => {
      seen.push(number)
      setImmediate(next)
    })

    expect(await answerOf(...stages)).toBe('passed')
    expect(seen).toEqual([1, 2, 3])
  })

  it('are not skipped by a null in the place of a problem', async () => {
    const passNull: RequestHandler = (_req, _res, next) => next(null)

    expect(await answerOf(passNull, (_req, res) => void res.end('answered'))).toBe('answered')
  })

  it('end with the stage that answers', async () => {
    expect(await answerOf(pass, (_req, res) => void res.end('answered'), notReached)).toBe('answered')
  })

  it.each<[string, RequestHandler]>([
    ['throws', throwProblem],
    ['rejects', () => Promise.reject(problem)],
    ['passes a problem on', (_req, _res, next) => next(problem)],
  ])('end with the error handler when one %s, also behind one that passed later', async (_, stage) => {
    expect(await answerOf(pass, stage, notReached)).toBe('failed: Error: broken')
    server.close()
    expect(await answerOf((_req, _res, next) => void setImmediate(next), stage, notReached)).toBe(
      'failed: Error: broken',
    )
  })
})
