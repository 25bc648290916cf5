import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { chatFrames, textFrame } from '../support/chat-frames.ts'
import { openRawClient, postText, type RawClient } from '../support/raw-client.ts'
import { readPayloads, readText } from '../support/read-sse.ts'
import { type SpawnedGateway, spawnGateway } from '../support/spawn-gateway.ts'
import { ask, askStream, chatPath } from '../support/start-pair.ts'
import { held, stream, toChunk, whole } from '../support/upstream-behaviours.ts'
import { type Behaviour, startUpstreamStub, type UpstreamStub } from '../support/upstream-stub.ts'
import { within } from '../support/within.ts'

const key = 'sk-mpc-drain'
let upstream: UpstreamStub
let gateway: SpawnedGateway | undefined

beforeAll(async () => {
  upstream = await startUpstreamStub()
})
afterAll(() => upstream.stop())
afterEach(() => {
  gateway?.kill('SIGKILL')
  upstream.reset()
})

async function start(env: Record<string, string> = {}): Promise<SpawnedGateway> {
  const own = { LITELLM_BASE_URL: upstream.url, LITELLM_API_KEY: 'sk-x', MPC_API_KEY: key }
  gateway = await spawnGateway({ ...own, MPC_DRAIN_TIMEOUT_MS: '10000', ...env })
  return gateway
}

async function ask200(url: string, many: number, body: unknown = askStream): Promise<RawClient[]> {
  const clients = await Promise.all(Array.from({ length: many }, () => openRawClient(url)))
  for (const client of clients) client.send(postText(chatPath, body, { authorization: `Bearer ${key}` }))
  return clients
}

/** Streams one word, waits for the release, and streams another. */
function twoWords() {
  const rest = held(({ socket }) => {
    for (const part of chatFrames('after')) socket.write(toChunk(part))
    socket.write('0\r\n\r\n')
  })
  const behaviour: Behaviour = async (exchange) => {
    await stream([textFrame('before ')], { end: 'silent' })(exchange)
    await rest.behaviour(exchange)
  }
  return { ...rest, behaviour }
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('under 200 open streams loses none of them, then exits with 0', async () => {
    const { url, kill, exited } = await start()
    const words = twoWords()
    upstream.respond(words.behaviour)
    const clients = await ask200(url, 200)
    await Promise.all(clients.map((client) => client.until('before')))
    kill(signal)
    await expect.poll(() => readyStatus(url), { timeout: 3_000 }).toBe(503)
    words.release()
    const answers = await Promise.all(clients.map((client) => client.answer()))

    expect(answers.filter(({ complete }) => !complete)).toEqual([])
    expect(new Set(answers.map(({ body }) => readText(body)))).toEqual(new Set(['before after']))
    expect(await within(3_000, exited, 'the gateway did not exit after its last stream')).toEqual({
      code: 0,
      signal: null,
    })
  })
})

async function readyStatus(url: string): Promise<number | string> {
  try {
    return (await fetch(`${url}/health/ready`, { headers: { connection: 'close' } })).status
  } catch (error) {
    return String(error)
  }
}

describe('while draining', () => {
  it('a whole answer that is under way arrives', async () => {
    const { url, kill, exited } = await start()
    const answer = held(whole('{"id":"x"}'))
    upstream.respond(answer.behaviour)
    const [client] = await ask200(url, 1, ask)
    await upstream.nextRequest()
    kill('SIGTERM')
    await expect.poll(() => readyStatus(url), { timeout: 3_000 }).toBe(503)
    answer.release()

    expect(await client!.answer()).toMatchObject({ status: 200, complete: true })
    expect((await within(3_000, exited, 'no exit')).code).toBe(0)
  })

  it('connections that never sent a byte, idle ones and half a request line do not hold the exit', async () => {
    const { url, kill, exited } = await start()
    const silent = await Promise.all(Array.from({ length: 20 }, () => openRawClient(url)))
    const idle = await openRawClient(url)
    idle.send('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n')
    await idle.answer()
    const half = await openRawClient(url)
    half.send('POST /api/chat')
    kill('SIGTERM')

    expect(await within(2_000, exited, 'idle connections held the exit')).toEqual({ code: 0, signal: null })
    for (const client of [...silent, idle, half]) client.destroy()
  })

  it('a client that leaves does not hold the exit', async () => {
    const { url, kill, exited } = await start()
    upstream.respond(stream([textFrame('before')], { end: 'silent' }))
    const [client] = await ask200(url, 1)
    await client!.until('before')
    kill('SIGTERM')
    await expect.poll(() => readyStatus(url), { timeout: 3_000 }).toBe(503)
    client!.destroy()

    expect((await within(2_000, exited, 'no exit')).code).toBe(0)
  })

  it('MPC_DRAIN_TIMEOUT_MS is the end: a stream still open gets an error frame and no clean end', async () => {
    const { url, kill, exited } = await start({ MPC_DRAIN_TIMEOUT_MS: '300' })
    upstream.respond(stream([textFrame('before')], { end: 'silent' }))
    const [client] = await ask200(url, 1)
    await client!.until('before')
    kill('SIGTERM')
    const { body, complete } = await client!.answer()

    expect(complete).toBe(false)
    expect(readPayloads(body).at(-1)).toHaveProperty('error')
    expect(body.toString()).not.toContain('[DONE]')
    expect(await within(2_000, exited, 'no exit after the drain time')).toEqual({ code: 0, signal: null })
  })

  it.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGINT', 'SIGINT'],
    ['SIGTERM', 'SIGINT'],
  ] as const)('%s, a second signal, %s, ends it at once', async (first, second) => {
    const { url, kill, exited } = await start()
    upstream.respond(stream([textFrame('before')], { end: 'silent' }))
    const [client] = await ask200(url, 1)
    await client!.until('before')
    kill(first)
    await expect.poll(() => readyStatus(url), { timeout: 3_000 }).toBe(503)
    kill(second)
    await within(3_000, exited, 'the second signal did not end it')

    expect(await client!.closed()).toMatch(/fin|reset/)
  })
})

describe('a gateway whose log nobody reads', () => {
  it('still ends at a signal', async () => {
    const { url, pid, kill, stopReading } = await start()
    stopReading()
    const headers = { authorization: `Bearer ${key}`, 'x-request-id': 'r'.repeat(128) }
    for (let round = 0; round < 40; round += 1) {
      const asked = Array.from({ length: 50 }, () => fetch(`${url}/api/nothing`, { headers }))
      await Promise.all(asked.map(async (answer) => (await answer).text()))
    }
    kill('SIGTERM')

    await expect.poll(() => isAlive(pid), { timeout: 6_000 }).toBe(false)
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('SIGTERM with nothing to do', () => {
  it('exits with 0 at once', async () => {
    const { kill, exited } = await start()
    kill('SIGTERM')

    expect(await within(1_500, exited, 'no exit')).toEqual({ code: 0, signal: null })
  })
})
