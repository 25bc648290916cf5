import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { textFrame } from '../support/chat-frames.ts'
import { startDeafListener } from '../support/deaf-listener.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { readPayloads } from '../support/read-sse.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { raw as rawBytes, silence, stream } from '../support/upstream-behaviours.ts'

const { auth, post, raw, rawPost, upstream } = await startPair({
  MPC_FIRST_BYTE_TIMEOUT_MS: '300',
  MPC_IDLE_TIMEOUT_MS: '250',
  MPC_TOTAL_TIMEOUT_MS: '900',
  MPC_HEADERS_TIMEOUT_MS: '400',
  MPC_BODY_IDLE_TIMEOUT_MS: '300',
  MPC_PING_INTERVAL_MS: '50',
  MPC_STREAM_START_TIMEOUT_MS: '100',
})

/** What each clock says, to see that no two say the same. */
const sayings = new Map<string, string>()

async function timed<T>(work: Promise<T>): Promise<[result: T, tookMs: number]> {
  const startedAt = performance.now()
  return [await work, performance.now() - startedAt]
}

const halfWhole = rawBytes(
  ['HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"a"'],
  {
    end: 'silent',
  },
)

describe('MPC_FIRST_BYTE_TIMEOUT_MS', () => {
  it('ends a whole answer that does not begin, with 504, and cancels it upstream', async () => {
    upstream.respond(silence)
    const [response, tookMs] = await timed(post(chatPath, ask))
    // The model may have been paid for: an SDK that tries again would pay once more.
    expect(response.headers.get('x-should-retry')).toBe('false')
    const error = await expectEnvelope(response, 504, 'GATEWAY_TIMEOUT')
    sayings.set('first byte', error.message)

    expect(tookMs).toBeGreaterThan(250)
    expect(tookMs).toBeLessThan(800)
    await expect.poll(() => upstream.requests[0]?.closedAt).not.toBeNull()
  })

  it('ends a stream that does not begin, with an error frame, although pings go out', async () => {
    upstream.respond(silence)
    const client = await rawPost(chatPath, askStream)
    const { body, complete } = await client.answer()

    expect(complete).toBe(false)
    expect(body.toString()).toContain(': ping\n\n')
    expect(readPayloads(body).at(-1)).toMatchObject({ error: { code: 'GATEWAY_TIMEOUT', statusCode: 504 } })
  })
})

describe('MPC_IDLE_TIMEOUT_MS', () => {
  it('ends a stream that falls silent, with an error frame, although pings go out', async () => {
    upstream.respond(stream([textFrame('a')], { end: 'silent' }))
    const client = await rawPost(chatPath, askStream)
    const [{ body, complete }, tookMs] = await timed(client.answer())
    const { error } = readPayloads(body).at(-1) as { error: { message: string } }
    sayings.set('idle', error.message)

    expect(complete).toBe(false)
    expect(error).toMatchObject({ code: 'GATEWAY_TIMEOUT' })
    expect(tookMs).toBeLessThan(700)
    await expect.poll(() => upstream.requests[0]?.closedAt).not.toBeNull()
  })

  it('ends a whole answer that falls silent, so that it does not look complete', async () => {
    upstream.respond(halfWhole)
    const client = await rawPost(chatPath, ask)
    const received = await client.answer()

    if (received.status === 200) expect(received.complete).toBe(false)
    else await expectEnvelope(received, 504, 'GATEWAY_TIMEOUT')
  })

  it('does not end a stream that keeps talking', async () => {
    upstream.respond(
      stream([...Array.from({ length: 12 }, () => textFrame('a')), 'data: [DONE]\n\n'], { pauseMs: 40 }),
    )
    const client = await rawPost(chatPath, askStream)

    expect((await client.answer()).complete).toBe(true)
  })
})

describe('MPC_TOTAL_TIMEOUT_MS', () => {
  it('ends a stream that never ends, with an error frame', async () => {
    upstream.respond(
      stream(
        Array.from({ length: 1_000 }, () => textFrame('a')),
        { pauseMs: 50 },
      ),
    )
    const client = await rawPost(chatPath, askStream)
    const [{ body, complete }, tookMs] = await timed(client.answer())
    const { error } = readPayloads(body).at(-1) as { error: { message: string } }
    sayings.set('total', error.message)

    expect(complete).toBe(false)
    expect(error).toMatchObject({ code: 'GATEWAY_TIMEOUT' })
    expect(tookMs).toBeGreaterThan(800)
    expect(tookMs).toBeLessThan(1_500)
  })
})

describe('MPC_CONNECT_TIMEOUT_MS', async () => {
  const deaf = await startDeafListener()
  afterAll(() => deaf?.stop())
  const far = deaf && (await startPair({ LITELLM_BASE_URL: deaf.url, MPC_CONNECT_TIMEOUT_MS: '250' }))
  // It takes connections, and never says a word of TLS.
  const mute = createServer().listen(0, '127.0.0.1')
  await once(mute, 'listening')
  afterAll(() => mute.close())
  const slow = await startPair({
    LITELLM_BASE_URL: `https://127.0.0.1:${(mute.address() as AddressInfo).port}`,
    MPC_CONNECT_TIMEOUT_MS: '250',
    MPC_STREAM_START_TIMEOUT_MS: '50',
  })

  it('ends a request to a LiteLLM that does not take the connection, with an error of its own', async ({
    skip,
  }) => {
    skip(!far, 'this system accepts more connections than its backlog')
    const [response, tookMs] = await timed(far!.post(chatPath, ask))
    const error = await expectEnvelope(response, [502, 503, 504])
    sayings.set('connect', error.message)

    expect(tookMs).toBeLessThan(1_500)
  })

  it('ends a stream that has begun before LiteLLM took the connection, with an error frame', async () => {
    const { body, complete } = await (await slow.rawPost(chatPath, askStream)).answer()

    expect(body.toString()).toMatch(/^: ping\n\n/)
    expect(readPayloads(body)).toMatchObject([
      { error: { code: 'GATEWAY_TIMEOUT', details: { clock: 'MPC_CONNECT_TIMEOUT_MS' } } },
    ])
    expect(complete).toBe(false)
  })
})

describe('MPC_HEADERS_TIMEOUT_MS', () => {
  it('ends a request whose headers do not come to an end, with 408', async () => {
    const client = await raw()
    client.send(`POST ${chatPath} HTTP/1.1\r\nHost: x\r\n`)
    const trickle = setInterval(() => client.socket.writable && client.send('X-Slow: 1\r\n'), 50)
    const [answer, tookMs] = await timed(client.answer().finally(() => clearInterval(trickle)))
    const error = await expectEnvelope(answer, 408, 'REQUEST_TIMEOUT')
    sayings.set('headers', error.message)

    await client.closed()
    expect(tookMs).toBeLessThan(2_500)
  })

  it('ends a request of a single byte, with 408', async () => {
    const client = await raw()
    client.send('P')

    await expectEnvelope(await client.answer(), 408, 'REQUEST_TIMEOUT')
    await client.closed()
  })
})

describe('MPC_BODY_IDLE_TIMEOUT_MS', () => {
  const head =
    `POST ${chatPath} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n'

  it('ends an upload that falls silent, with 408, and nothing reaches LiteLLM', async () => {
    const client = await raw()
    client.send(head, '{"model":')
    const [answer, tookMs] = await timed(client.answer())
    const error = await expectEnvelope(answer, 408, 'REQUEST_TIMEOUT')
    sayings.set('body', error.message)

    await client.closed()
    expect(tookMs).toBeLessThan(1_500)
    expect(upstream.received()).toBe('')
  })

  it('does not end an upload that is slow but moves', async () => {
    upstream.respond(silence)
    const body = JSON.stringify({ ...ask, user: 'x'.repeat(100) }).padEnd(1_000)
    const client = await raw()
    client.send(head)
    for (let at = 0; at < 1_000; at += 100) {
      client.send(body.slice(at, at + 100))
      await new Promise((resolve) => setTimeout(resolve, 60))
    }

    await upstream.nextRequest()
  })
})

describe('the clocks', () => {
  it('each say something of their own', () => {
    expect(sayings.size).toBeGreaterThanOrEqual(5)
    expect(new Set(sayings.values()).size).toBe(sayings.size)
  })
})
