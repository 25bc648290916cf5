import { afterEach, describe, expect, it } from 'vitest'
import { chatFrames, textFrame } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { openRefused, openSocket, type SocketClient } from '../support/socket-client.ts'
import { type SocketUpstream, startSocketUpstream } from '../support/socket-upstream.ts'
import { startGateway, type TestGateway } from '../support/start-gateway.ts'
import { ask } from '../support/start-pair.ts'
import { held, silence, stream, toChunk } from '../support/upstream-behaviours.ts'
import { startUpstreamStub, type UpstreamStub } from '../support/upstream-stub.ts'
import { within } from '../support/within.ts'

const key = 'sk-mpc-drain-sockets'
const headers = { authorization: `Bearer ${key}` }
const toStop: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of toStop.splice(0)) await one.stop()
})

async function start<U extends SocketUpstream | UpstreamStub>(
  upstream: U,
  drainTimeoutMs: string,
): Promise<{ gateway: TestGateway; upstream: U }> {
  const gateway = await startGateway({
    LITELLM_BASE_URL: upstream.url,
    LITELLM_API_KEY: 'sk-x',
    MPC_API_KEY: key,
    MPC_DRAIN_TIMEOUT_MS: drainTimeoutMs,
  })
  toStop.push(gateway, upstream)
  return { gateway, upstream }
}

describe('while draining, a realtime session', () => {
  const open = async (gateway: TestGateway) => openSocket(`${gateway.url}/api/realtime?model=m`, { headers })

  it('that is idle is closed at once with 1001, on both sides', async () => {
    const { gateway, upstream } = await start(await startSocketUpstream(), '10000')
    const client = await open(gateway)
    const server = await upstream.nextSocket()
    const beganAt = performance.now()
    await within(2_000, gateway.drain(), 'the drain waited for an idle session')

    expect((await client.closed).code).toBe(1001)
    expect((await server.closed).code).toBe(1001)
    expect((await client.closed).at - beganAt).toBeLessThan(250)
  })

  it('whose model is answering may hear it out, then is closed with 1001', async () => {
    const { gateway, upstream } = await start(await startSocketUpstream(), '10000')
    const client = await open(gateway)
    const server = await upstream.nextSocket()
    server.socket.send('{"type":"response.created","response":{"id":"r"}}')
    await client.until((event) => event['type'] === 'response.created')
    const drained = gateway.drain()
    server.socket.send('{"type":"response.text.delta","delta":"x"}')
    await client.until((event) => event['type'] === 'response.text.delta')
    server.socket.send('{"type":"response.done","response":{"id":"r"}}')
    await within(2_000, drained, 'the drain did not end with the answer')

    expect((await client.closed).code).toBe(1001)
    expect(client.frames().at(-1)).toMatchObject({ type: 'response.done' })
  })

  it('that does not end in time is closed with 1001', async () => {
    const { gateway, upstream } = await start(await startSocketUpstream(), '300')
    const client = await open(gateway)
    const server = await upstream.nextSocket()
    server.socket.send('{"type":"response.created","response":{"id":"r"}}')
    await client.until((event) => event['type'] === 'response.created')
    await within(3_000, gateway.drain(), 'the drain did not end')

    expect((await client.closed).code).toBe(1001)
    expect((await server.closed).code).toBe(1001)
  })

  it('is not begun: the handshake is refused with 503', async () => {
    const { gateway, upstream } = await start(await startSocketUpstream(), '1000')
    const client = await open(gateway)
    const server = await upstream.nextSocket()
    server.socket.send('{"type":"response.created","response":{"id":"r"}}')
    await client.until((event) => event['type'] === 'response.created')
    const drained = gateway.drain()
    const refused = await openRefused(`${gateway.url}/api/realtime?model=m`, { headers })

    await expectEnvelope({ ...refused, complete: true }, 503, 'SERVICE_UNAVAILABLE')
    await drained
  })

  it('whose handshake LiteLLM has not answered gets 503 when the time is over', async () => {
    const { gateway, upstream } = await start(await startSocketUpstream(), '300')
    upstream.refuseWith('silence')
    const refusal = openRefused(`${gateway.url}/api/realtime?model=m`, { headers })
    await expect.poll(() => upstream.connections()).toBe(1)
    const drained = gateway.drain()

    await expectEnvelope({ ...(await refusal), complete: true }, 503, 'SERVICE_UNAVAILABLE')
    await drained
  })
})

describe('while draining, the chat socket', () => {
  const open = async (gateway: TestGateway) => openSocket(`${gateway.url}/api/ws/chat`, { headers })
  const say = (client: SocketClient, id: string) =>
    client.socket.send(JSON.stringify({ id, type: 'request', body: ask }))

  it('with nothing under way is closed at once with 1001', async () => {
    const { gateway } = await start(await startUpstreamStub(), '10000')
    const client = await open(gateway)
    await within(2_000, gateway.drain(), 'the drain waited for an idle socket')

    expect((await client.closed).code).toBe(1001)
  })

  it('finishes what is under way, refuses what is new, then is closed with 1001', async () => {
    const { gateway, upstream } = await start(await startUpstreamStub(), '10000')
    const rest = held(({ socket }) => {
      for (const part of chatFrames('after')) socket.write(toChunk(part))
      socket.write('0\r\n\r\n')
    })
    upstream.respond(async (exchange) => {
      await stream([textFrame('before ')], { end: 'silent' })(exchange)
      await rest.behaviour(exchange)
    })
    const client = await open(gateway)
    say(client, 'a')
    await client.until((one) => one['type'] === 'delta')
    const drained = gateway.drain()
    say(client, 'b')
    const refused = await client.until((one) => one['id'] === 'b')
    rest.release()
    const final = await client.until((one) => one['type'] === 'final')
    await within(2_000, drained, 'the drain did not end with the answer')

    expect(refused).toMatchObject({ type: 'error', error: { code: 'SERVICE_UNAVAILABLE' } })
    expect(final).toMatchObject({ id: 'a', message: { content: 'before after' } })
    expect((await client.closed).code).toBe(1001)
  })

  it('tells what does not end in time that it failed, then is closed with 1001', async () => {
    const { gateway, upstream } = await start(await startUpstreamStub(), '300')
    upstream.respond(silence)
    const client = await open(gateway)
    say(client, 'a')
    const request = await upstream.nextRequest()
    await within(3_000, gateway.drain(), 'the drain did not end')

    expect(client.frames()).toMatchObject([
      { id: 'a', type: 'error', error: { code: 'SERVICE_UNAVAILABLE' } },
    ])
    expect((await client.closed).code).toBe(1001)
    await request.closed
  })
})
