import { afterAll, describe, expect, it } from 'vitest'
import { type ClientOptions } from 'ws'
import {
  chatFrames,
  doneFrame,
  finishFrame,
  frame,
  textFrame,
  usage,
  usageFrame,
  wholeChat,
} from '../support/chat-frames.ts'
import { expectEnvelope, expectShape } from '../support/expect-envelope.ts'
import { openRefused, openSocket, type SocketClient } from '../support/socket-client.ts'
import { ask, clientKey, startPair, upstreamKey } from '../support/start-pair.ts'
import { json, silence, stream } from '../support/upstream-behaviours.ts'

const { auth, gateway, upstream, raw } = await startPair({ MPC_MAX_JSON_DEPTH: '20' })
const path = '/api/ws/chat'
const clients: SocketClient[] = []
afterAll(() => clients.forEach(({ socket }) => socket.terminate()))

async function open(options: ClientOptions = {}, protocols: string[] = []): Promise<SocketClient> {
  const client = await openSocket(
    gateway.url + path,
    { ...options, headers: { ...auth, ...options.headers } },
    protocols,
  )
  clients.push(client)
  return client
}
const say = (client: SocketClient, message: unknown) =>
  client.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
const request = (id: string, body: unknown = ask) => ({ id, type: 'request', body })
const ofId = (id: string, type: string) => (one: Record<string, unknown>) =>
  one['id'] === id && one['type'] === type
const errorOf = (one: Record<string, unknown>) => {
  const error = one['error'] as Record<string, unknown>
  expectShape({ type: 'error', error }, error['statusCode'] as number)
  return error
}

describe('a request over the chat socket', () => {
  it('is answered by deltas and a final frame with the whole message, usage and finish reason', async () => {
    upstream.respond(stream([textFrame('Hel'), textFrame('lo'), finishFrame, usageFrame, doneFrame]))
    const client = await open()
    say(client, request('a'))
    const final = await client.until(ofId('a', 'final'))

    expect(client.frames().slice(0, -1)).toEqual([
      { id: 'a', type: 'delta', index: 0, delta: { content: 'Hel' } },
      { id: 'a', type: 'delta', index: 0, delta: { content: 'lo' } },
    ])
    expect(final).toEqual({
      id: 'a',
      type: 'final',
      requestId: expect.stringMatching(/:1$/) as string,
      model: 'scripted',
      message: { role: 'assistant', content: 'Hello' },
      finish_reason: 'stop',
      usage: { ...usage, cost: 0.000123 },
    })
  })

  it('reaches LiteLLM as the client wrote it, with our key, asking for a stream and its usage', async () => {
    upstream.respond(stream(chatFrames('x')))
    const client = await open({ headers: { 'openai-beta': 'x=1' } })
    const body =
      '{ "model":"scripted" ,"messages":[{"role":"user","content":"Hi"}], "seed": 12345678901234567890 }'
    say(client, `{"type":"request","body":${body},"id":"a"}`)
    await client.until(ofId('a', 'final'))
    const sent = upstream.requests[0]!

    expect(sent.path).toBe('/v1/chat/completions')
    expect(sent.body.toString()).toBe(
      `{"stream_options":{"include_usage":true},"stream":true,${body.slice(1)}`,
    )
    expect(sent.headers).toMatchObject({ 'openai-beta': 'x=1', authorization: `Bearer ${upstreamKey}` })
    expect(sent.headers['upgrade']).toBeUndefined()
    expect(upstream.received()).not.toContain(clientKey)
  })

  it('that says "stream": false gets the final frame alone', async () => {
    upstream.respond(json(wholeChat('Hello')))
    const client = await open()
    say(client, request('a', { ...ask, stream: false }))
    const final = await client.until(ofId('a', 'final'))

    expect(client.frames()).toHaveLength(1)
    expect(final).toMatchObject({ message: { content: 'Hello' }, finish_reason: 'stop', usage })
    expect(JSON.parse(upstream.requests[0]!.body.toString())).toEqual({ ...ask, stream: false })
  })

  it('gets tool calls put together', async () => {
    const call = (piece: object) => frame({ choices: [{ index: 0, delta: { tool_calls: [piece] } }] })
    upstream.respond(
      stream([
        call({ index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '' } }),
        call({ index: 0, function: { arguments: '{"a":' } }),
        call({ index: 0, function: { arguments: '1}' } }),
        frame({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }),
        doneFrame,
      ]),
    )
    const client = await open()
    say(client, request('a'))

    expect(await client.until(ofId('a', 'final'))).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        tool_calls: [
          { index: 0, id: 'call_1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
        ],
      },
    })
  })

  it('runs beside others, each under its own id', async () => {
    upstream.respond(stream(chatFrames('one ', 'two'), { pauseMs: 5 }))
    const client = await open()
    const ids = Array.from({ length: 16 }, (_, index) => `r${index}`)
    for (const id of ids) say(client, request(id))
    for (const id of ids)
      expect(await client.until(ofId(id, 'final'))).toMatchObject({ message: { content: 'one two' } })
    say(client, request('r0'))

    await expect.poll(() => client.frames().filter(ofId('r0', 'final')).length).toBe(2)
  })

  it('beyond the 16 that a connection may have under way is refused, and so is an id in use', async () => {
    upstream.respond(silence)
    const client = await open()
    for (let index = 0; index < 17; index += 1) say(client, request(`r${index}`))
    say(client, request('r0'))

    expect(errorOf(await client.until(ofId('r16', 'error')))['code']).toBe('RATE_LIMIT_EXCEEDED')
    expect(errorOf(await client.until(ofId('r0', 'error')))).toMatchObject({
      code: 'BAD_REQUEST',
      param: 'id',
    })
    client.socket.terminate()
    await expect.poll(() => upstream.requests.every(({ closedAt }) => closedAt !== null)).toBe(true)
  })
})

describe('a request over the chat socket that cannot be served', () => {
  it.each([
    ['no model', { messages: ask.messages }, 'model'],
    ['no messages', { model: 'm' }, 'messages'],
    ['a steering parameter', { ...ask, api_base: 'http://x' }, 'api_base'],
    ['steering metadata', { ...ask, metadata: { user_api_key: 'x' } }, 'metadata.user_api_key'],
    ['a model too long', { ...ask, model: 'm'.repeat(257) }, 'model'],
    ['no role', { ...ask, messages: [{ content: 'x' }] }, 'messages[0].role'],
    [
      'an MCP server of LiteLLM',
      { ...ask, tools: [{ type: 'mcp', server_url: 'litellm_proxy' }] },
      'tools[0].server_url',
    ],
    ['odd stream options', { ...ask, stream_options: 5 }, 'stream_options'],
    ['an odd stream option', { ...ask, stream: 'yes' }, 'stream'],
    ['a list for a body', [], 'body'],
  ])('for %s is refused as its POST would be', async (_, body, param) => {
    const client = await open()
    say(client, request('a', body))
    const error = errorOf(await client.until(ofId('a', 'error')))

    expect(error).toMatchObject({ code: 'BAD_REQUEST', param })
    expect(upstream.received()).toBe('')
  })

  it.each([
    ['{"type":', null],
    ['[]', null],
    ['', null],
    ['{"type":"request"}', 'id'],
    ['{"type":"request","id":7}', 'id'],
    ['{"type":"hello","id":"a"}', 'type'],
    ['{"type":"request","id":"a"}', 'body'],
    ['['.repeat(30), null],
  ])('for the frame %s is answered by an error, and the connection goes on', async (text, param) => {
    upstream.respond(stream(chatFrames('x')))
    const client = await open()
    say(client, text)
    const error = errorOf(await client.until((one) => one['type'] === 'error'))
    expect(error).toMatchObject({ code: 'BAD_REQUEST', param })
    say(client, request('later'))

    await client.until(ofId('later', 'final'))
  })

  it('because the frame is binary is answered by an error', async () => {
    const client = await open()
    client.socket.send(Buffer.from(JSON.stringify(request('a'))))

    await client.until((one) => one['type'] === 'error' && one['id'] === null)
  })

  it.each([
    [json({ error: { message: 'no', type: 'x_error', param: 'model', code: '404' } }, { status: 404 }), 404],
    [json({ error: { message: 'slow', type: 'rate_limit_error' } }, { status: 429 }), 429],
    [json({ error: {} }, { status: 500 }), 502],
    [json({ error: {} }, { status: 401 }), 502],
    [stream([textFrame('a')]), 502],
    [stream([textFrame('a')], { end: 'reset' }), 502],
    [stream([textFrame('a'), frame({ error: { message: 'x', code: 429 } })]), 429],
    [stream(['data: {broken\n\n']), 502],
  ])('gets the error of LiteLLM in our shape, never a final frame', async (behaviour, status) => {
    upstream.respond(behaviour)
    const client = await open()
    say(client, request('a'))

    expect(errorOf(await client.until(ofId('a', 'error')))['statusCode']).toBe(status)
    expect(client.frames().filter(ofId('a', 'final'))).toEqual([])
  })
})

describe('the chat socket, let in or not', () => {
  it('answers the first subprotocol that is no key, and takes the key from the other', async () => {
    upstream.respond(stream(chatFrames('x')))
    const client = await openSocket(gateway.url + path, {}, ['chat', `openai-insecure-api-key.${clientKey}`])
    clients.push(client)
    expect(client.socket.protocol).toBe('chat')
    say(client, request('a'))

    await client.until(ofId('a', 'final'))
  })

  it.each(['/v1/ws/chat', '/api/v1/ws/chat', '/api/ws/chat/'])('is served under %s', async (spelling) => {
    const client = await openSocket(gateway.url + spelling, { headers: auth })

    client.socket.close()
  })

  it('refuses a wrong key with the envelope', async () => {
    const answer = await openRefused(gateway.url + path, { headers: { authorization: 'Bearer wrong' } })

    await expectEnvelope({ ...answer, complete: true }, 401, 'UNAUTHORIZED')
  })

  it('closes with 1009 on a frame above the bound, without reading it all', async () => {
    const client = await raw()
    client.send(
      'GET /api/ws/chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: ${auth['authorization']}\r\n\r\n`,
    )
    await client.until('101')
    // The head of a masked text frame of a gigabyte.
    client.send(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]))
    await client.closed()

    expect(client.bytes().subarray(-4).readUInt16BE(2)).toBe(1009)
  })
})

describe('the log of the chat socket', () => {
  it('has a line for each request, and one for the connection, and no word of what was said', async () => {
    upstream.respond(stream([textFrame('canary-9'), finishFrame, usageFrame, doneFrame]))
    const client = await open({ headers: { 'x-request-id': 'ws-log' } })
    say(client, request('a', { ...ask, user: 'canary-9' }))
    await client.until(ofId('a', 'final'))
    say(client, request('b', { model: '' }))
    await client.until(ofId('b', 'error'))
    client.socket.close(1000)
    const line = (id: string) => gateway.logs().find((one) => one['id'] === id)
    await expect.poll(() => line('ws-log')).toBeDefined()

    expect(line('ws-log')).toMatchObject({
      method: 'GET',
      route: '/ws/chat',
      status: 101,
      outcome: 'completed',
      framesIn: 2,
      framesOut: 3,
      closeCode: 1000,
      key: 'MPC_API_KEY',
    })
    expect(line('ws-log:1')).toMatchObject({
      method: 'WS',
      route: '/ws/chat',
      status: 200,
      model: 'scripted',
      key: 'MPC_API_KEY',
      usage: { input: 7, cacheRead: 4, output: 7, reasoning: 2 },
      costMicroUsd: 123,
      outcome: 'completed',
    })
    expect(line('ws-log:2')).toMatchObject({ status: 400, outcome: 'failed', error: 'BAD_REQUEST' })
    expect(JSON.stringify(gateway.logs())).not.toContain('canary-9')
  })
})
