import { describe, expect, it } from 'vitest'
import { clientKey, upstreamKey } from '../support/start-pair.ts'
import { keyHeader, startSocketPair } from '../support/start-socket-pair.ts'

const { gateway, upstream, open, openBare, refused } = await startSocketPair({ MPC_MAX_BODY_BYTES: '300000' })
const path = '/api/realtime?model=gpt-realtime'

const logLine = async (id: string) => {
  const lines = () => gateway.logs().filter((line) => line['id'] === id)
  await expect.poll(() => lines().length).toBe(1)
  return lines()[0]!
}

describe('GET /api/realtime, let in', () => {
  it.each([
    '/api/realtime?model=m',
    '/v1/realtime?model=m',
    '/api/v1/realtime/?model=m',
    '//api//realtime?model=m',
  ])('is served under %s, with the query passed on', async (spelling) => {
    await open(spelling)
    const { request } = await upstream.nextSocket()

    expect(request.url).toBe('/v1/realtime?model=m')
  })

  it.each(['?call_id=rtc_1', '?intent=transcription', '?model=a%2Fb&x=1', ''])(
    'passes the query on as it is: "%s"',
    async (query) => {
      await open(`/api/realtime${query}`)

      expect((await upstream.nextSocket()).request.url).toBe(`/v1/realtime${query}`)
    },
  )

  it.each([keyHeader, { 'x-api-key': clientKey }, { 'api-key': clientKey }])(
    'by %o, and LiteLLM gets our key instead',
    async (headers) => {
      await openBare(path, { headers: { ...headers, 'openai-beta': 'realtime=v1', 'x-secret': 'mine' } })
      const { request } = await upstream.nextSocket()

      expect(request.headers.authorization).toBe(`Bearer ${upstreamKey}`)
      expect(request.headers['openai-beta']).toBe('realtime=v1')
      expect(JSON.stringify(request.rawHeaders)).not.toContain(clientKey)
      expect(request.headers['x-secret']).toBeUndefined()
      expect(request.headers['sec-websocket-extensions']).toBeUndefined()
    },
  )

  it('by the subprotocol of browsers, which is neither answered nor passed on', async () => {
    const offered = ['realtime', `openai-insecure-api-key.${clientKey}`, 'openai-beta.realtime-v1']
    const client = await openBare(path, { origin: 'https://app.example.com' }, offered)
    const { request } = await upstream.nextSocket()

    expect(client.socket.protocol).toBe('realtime')
    expect(request.headers['sec-websocket-protocol']).toBe('realtime,openai-beta.realtime-v1')
    expect(JSON.stringify(client.headers)).not.toContain(clientKey)
    expect(request.headers.authorization).toBe(`Bearer ${upstreamKey}`)
  })

  it('answers the subprotocol that LiteLLM chose', async () => {
    upstream.choose(() => 'openai-beta.realtime-v1')
    const client = await open(path, {}, ['realtime', 'openai-beta.realtime-v1'])

    expect(client.socket.protocol).toBe('openai-beta.realtime-v1')
    await upstream.nextSocket()
  })

  it('answers the first subprotocol when LiteLLM chose none, since browsers give up without', async () => {
    upstream.choose(() => false)
    const client = await open(path, {}, ['realtime', 'other'])

    expect(client.socket.protocol).toBe('realtime')
    await upstream.nextSocket()
  })

  it('has the request id, and never compression', async () => {
    const client = await open(path, { perMessageDeflate: true, headers: { 'x-request-id': 'rt-id' } })

    expect(client.headers['x-request-id']).toBe('rt-id')
    expect(client.headers['sec-websocket-extensions']).toBeUndefined()
    expect((await upstream.nextSocket()).request.headers['x-litellm-call-id']).toBe('rt-id')
  })
})

describe('GET /api/realtime, frames', () => {
  it('of text and bytes pass both ways, byte for byte and in order', async () => {
    const client = await open(path)
    const server = await upstream.nextSocket()
    const bytes = Buffer.from([0, 255, 128, 10])
    for (const one of ['{"type":"session.update", "n": 12345678901234567890}', bytes, 'ü😀', ''])
      client.socket.send(one)
    for (const one of ['{"type":"session.created"}', bytes, '']) server.socket.send(one)
    await expect.poll(() => server.received.length).toBe(4)
    await expect.poll(() => client.received.length).toBe(3)

    expect(server.received).toEqual([
      '{"type":"session.update", "n": 12345678901234567890}',
      bytes,
      'ü😀',
      '',
    ])
    expect(client.received).toEqual(['{"type":"session.created"}', bytes, ''])
  })

  it('that LiteLLM sends at once are not lost', async () => {
    const opening = open(path)
    const server = await upstream.nextSocket()
    server.socket.send('{"type":"session.created"}')
    const client = await opening

    await client.until((frame) => frame['type'] === 'session.created')
  })

  it('in fragments arrive as one message', async () => {
    const client = await open(path)
    const server = await upstream.nextSocket()
    client.socket.send('one ', { fin: false })
    client.socket.send('two', { fin: true })
    await expect.poll(() => server.received).toEqual(['one two'])
  })

  it('ping and pong pass both ways with what they carry', async () => {
    const client = await open(path)
    const server = await upstream.nextSocket()
    const seen: string[] = []
    server.socket.on('ping', (data: Buffer) => {
      seen.push(`ping ${data.toString()}`)
      server.socket.pong(data)
    })
    client.socket.on('pong', (data: Buffer) => seen.push(`pong ${data.toString()}`))
    client.socket.ping('hello')
    await expect.poll(() => seen).toEqual(['ping hello', 'pong hello'])
    server.socket.on('pong', (data: Buffer) => seen.push(`back ${data.toString()}`))
    server.socket.ping('you')
    await expect.poll(() => seen.at(-1)).toBe('back you')
  })

  it('up to the bound pass; a larger one closes the client with 1009, and LiteLLM’s side too', async () => {
    const client = await open(path)
    const server = await upstream.nextSocket()
    client.socket.send('x'.repeat(300_000))
    await expect.poll(() => server.received.length).toBe(1)
    client.socket.send('x'.repeat(300_001))

    expect((await client.closed).code).toBe(1009)
    expect((await server.closed).code).toBe(1001)
  })

  it('that are too large from LiteLLM are told as an error event, and close with 1011', async () => {
    const client = await open(path)
    const server = await upstream.nextSocket()
    server.socket.send('x'.repeat(300_001))

    expect((await client.closed).code).toBe(1011)
    expect(client.frames().at(-1)).toMatchObject({ type: 'error', error: { code: 'LLM_ERROR' } })
    expect((await server.closed).code).toBe(1009)
  })

  it('stop being read from LiteLLM while the client does not read, and go on when it does', async () => {
    const client = await open(path)
    const server = await upstream.nextSocket()
    client.socket.pause()
    const piece = Buffer.alloc(200_000)
    let sent = 0
    while (server.socket.bufferedAmount < 4_000_000 && sent < 500) {
      server.socket.send(piece)
      sent += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(sent).toBeLessThan(500)
    client.socket.resume()
    await expect.poll(() => client.received.length, { timeout: 10_000 }).toBe(sent)
  })

  it('stop being read from the client while LiteLLM does not read, and go on when it does', async () => {
    const client = await open(path)
    const server = await upstream.nextSocket()
    server.socket.pause()
    const piece = Buffer.alloc(200_000)
    let sent = 0
    while (client.socket.bufferedAmount < 4_000_000 && sent < 500) {
      client.socket.send(piece)
      sent += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(sent).toBeLessThan(500)
    server.socket.resume()
    await expect.poll(() => server.received.length, { timeout: 10_000 }).toBe(sent)
  })
})

describe('the log of a realtime session', () => {
  it('has one line at its end, with frames, bytes, model, key and what all its responses used', async () => {
    const client = await open(path, { headers: { 'x-request-id': 'rt-log' } })
    const server = await upstream.nextSocket()
    client.socket.send('1234')
    const usage = {
      total_tokens: 30,
      input_tokens: 20,
      output_tokens: 10,
      input_token_details: { cached_tokens: 4, text_tokens: 6, audio_tokens: 10 },
      output_token_details: { text_tokens: 3, audio_tokens: 7 },
    }
    for (const id of ['a', 'b']) {
      server.socket.send(JSON.stringify({ type: 'response.created', response: { id } }))
      server.socket.send(
        JSON.stringify({ type: 'response.text.delta', delta: 'say "response.done" secret-words' }),
      )
      server.socket.send(JSON.stringify({ type: 'response.done', response: { id, usage } }))
    }
    await expect.poll(() => client.received.length).toBe(6)
    expect(gateway.logs().filter((line) => line['id'] === 'rt-log')).toEqual([])
    client.socket.close(1000)
    await client.closed

    expect(await logLine('rt-log')).toMatchObject({
      method: 'GET',
      route: '/realtime',
      status: 101,
      outcome: 'completed',
      key: 'MPC_API_KEY',
      model: 'gpt-realtime',
      framesIn: 1,
      framesOut: 6,
      bytesIn: 4,
      closeCode: 1000,
      usage: { input: 32, cacheRead: 8, cacheWrite: 0, output: 20, reasoning: 0 },
      upstreamStatus: 101,
    })
    expect(JSON.stringify(gateway.logs())).not.toContain('secret-words')
  })

  it('says when the client vanished, and has one line for a refusal', async () => {
    const client = await open(path, { headers: { 'x-request-id': 'rt-gone' } })
    await upstream.nextSocket()
    client.socket.terminate()
    expect(await logLine('rt-gone')).toMatchObject({ outcome: 'client_gone', closeCode: 1006 })
    await refused(path, { headers: { 'x-request-id': 'rt-401' } })
    expect(await logLine('rt-401')).toMatchObject({ status: 401, error: 'UNAUTHORIZED' })
    expect(JSON.stringify(gateway.logs())).not.toContain(clientKey)
  })
})
