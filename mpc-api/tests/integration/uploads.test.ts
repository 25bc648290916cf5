import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { contentType, multipart, type Part, partHead } from '../support/multipart-body.ts'
import { startPair } from '../support/start-pair.ts'
import { json, silence } from '../support/upstream-behaviours.ts'
import { type Behaviour } from '../support/upstream-stub.ts'
import { within } from '../support/within.ts'

const MIB = 1024 * 1024
const path = '/api/audio/transcriptions'
const { auth, gateway, raw, upstream } = await startPair({
  MPC_MAX_UPLOAD_BYTES: String(64 * MIB),
  MPC_BODY_IDLE_TIMEOUT_MS: '300',
})

const model: Part = ['model', 'whisper-1']
const file: Part = ['file', randomBytes(300_000)]

const upload = (parts: Part[], to = path, headers = {}) => {
  const body = multipart(...parts)
  const init = { method: 'POST', headers: { ...auth, ...body.headers, ...headers }, body: body.bytes }
  return fetch(gateway.url + to, init)
}

/** An upload that the test sends piece by piece; without a length it is chunked. */
function openUpload(length?: number): ClientRequest {
  const size = length === undefined ? {} : { 'content-length': length }
  const headers = { ...auth, 'content-type': contentType, ...size }
  return httpRequest(gateway.url + path, { method: 'POST', headers }).on('error', () => undefined)
}

/** Reads nothing of what the gateway sends until it is told to, and never answers. */
function deaf() {
  let listen: () => void = () => undefined
  const behaviour: Behaviour = ({ socket }) => {
    socket.pause()
    listen = () => void socket.removeAllListeners('data').resume()
  }
  return { behaviour, listen: () => listen() }
}

describe('an upload', () => {
  it.each([
    '/api/audio/transcriptions',
    '/v1/audio/translations',
    '/api/v1/images/edits',
    '/api/images/variations',
    '/api/files',
  ])('to %s arrives at LiteLLM byte for byte, with its boundary and its length', async (to) => {
    upstream.respond(json({ text: 'hello' }))
    const parts: Part[] = [
      ['file', Buffer.concat([randomBytes(200_000), Buffer.from('\r\n--test')])],
      model,
      ['prompt', 'Grüß 👍'],
    ]
    const response = await upload(parts, to)

    expect(await response.json()).toEqual({ text: 'hello' })
    const { headers, body } = upstream.requests[0]!
    expect(headers['content-type']).toBe(contentType)
    expect(headers['content-length']).toBe(String(body.length))
    expect(body.equals(multipart(...parts).bytes)).toBe(true)
  })

  it('without a length arrives in chunks, byte for byte', async () => {
    upstream.respond(json({ text: 'hello' }))
    const { bytes } = multipart(model, file)
    const request = openUpload()
    for (let at = 0; at < bytes.length; at += 9_973) request.write(bytes.subarray(at, at + 9_973))
    request.end()
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    answer.resume()

    expect(answer.statusCode).toBe(200)
    expect(upstream.requests[0]?.headers['transfer-encoding']).toBe('chunked')
    expect(upstream.requests[0]?.body.equals(bytes)).toBe(true)
  })

  it('begins to arrive at LiteLLM before its client has sent it all', async () => {
    upstream.respond(json({ text: 'hello' }))
    const { bytes } = multipart(model, file)
    const request = openUpload(bytes.length)
    request.write(bytes.subarray(0, 100_000))
    request.write(bytes.subarray(100_000, 200_000))
    const recorded = await upstream.nextRequest()
    await expect.poll(() => recorded.body.length).toBeGreaterThan(50_000)
    expect(recorded.bodyComplete).toBe(false)
    request.end(bytes.subarray(200_000))
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    answer.resume()

    expect(answer.statusCode).toBe(200)
  })

  it('is logged with the model that was read from its parts, wherever that stands, and its size', async () => {
    upstream.respond(json({ text: 'x', usage: { type: 'duration', seconds: 3.5 } }))
    const id = 'upload-model'
    await (await upload([file, ['stream', 'false'], model], path, { 'x-request-id': id })).text()
    const entry = () => gateway.logs().find((line) => line['id'] === id)
    await expect.poll(entry).toMatchObject({
      model: 'whisper-1',
      stream: false,
      bytesIn: multipart(file, ['stream', 'false'], model).bytes.length,
      usage: { audioSeconds: 3.5 },
    })
  })

  it('that waits for 100 Continue is told to go on', async () => {
    upstream.respond(json({ text: 'hello' }))
    const { bytes } = multipart(model, file)
    const client = await raw()
    client.send(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Length: ${bytes.length}\r\nExpect: 100-continue\r\n\r\n`,
    )
    await client.until('100 Continue')
    client.send(bytes)

    expect((await client.answer()).status).toBe(200)
    expect(upstream.requests[0]?.headers).not.toHaveProperty('expect')
  })
})

describe('an upload of 50 MB', () => {
  it('is never held: the gateway keeps little of it in memory, and LiteLLM sets the pace', async () => {
    const { behaviour, listen } = deaf()
    upstream.respond(behaviour)
    const head = Buffer.from(partHead('file', Buffer.alloc(0)))
    const piece = Buffer.alloc(MIB, 'x')
    const before = process.memoryUsage().arrayBuffers
    const request = openUpload(head.length + 50 * MIB)
    request.write(head)
    let written = 0
    const feed = async () => {
      while (written < 50) {
        written += 1
        if (!request.write(piece)) await once(request, 'drain')
      }
    }
    // The test hangs up on it in the end.
    feed().catch(() => undefined)
    const stalled = async () => {
      const known = written
      await wait(150)
      return written === known
    }
    await expect.poll(stalled, { timeout: 10_000 }).toBe(true)

    expect(written).toBeLessThan(50)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MIB)
    request.destroy()
    // A connection that is not read does not notice its end.
    listen()
    await within(2_000, upstream.requests[0]!.closed, 'LiteLLM was left waiting')
  })
})

describe('an upload that must be refused', () => {
  const json400 = async (response: Response, param?: string) => {
    const error = await expectEnvelope(response, 400, 'BAD_REQUEST')
    if (param !== undefined) expect(error.param).toBe(param)
    expect(upstream.requests.every(({ bodyComplete }) => !bodyComplete)).toBe(true)
    await Promise.all(
      upstream.requests.map(({ closed }) => within(2_000, closed, 'LiteLLM was left waiting')),
    )
  }

  it.each<[string, Part[], string]>([
    ['a field that steers', [model, ['api_base', 'http://evil'], file], 'api_base'],
    ['one behind the file', [model, file, ['custom_llm_provider', 'x']], 'custom_llm_provider'],
    ['one in brackets', [model, ['litellm_metadata[a][api_key]', 'x'], file], 'litellm_metadata[a][api_key]'],
    ['one in a list', [model, ['guardrails[]', 'x'], file], 'guardrails[]'],
    [
      'one in JSON in a container',
      [model, ['metadata', '{"a":{"api_base":"x"}}'], file],
      'metadata.a.api_base',
    ],
    ['one as a file', [model, ['mock_response', Buffer.from('x')], file], 'mock_response'],
    ['an empty model', [['model', ' '], file], 'model'],
    ['a model with control characters', [['model', 'a\tb\u0085'], file], 'model'],
    ['a model too long', [['model', 'm'.repeat(257)], file], 'model'],
    ['no model', [file, ['prompt', 'x']], 'model'],
    ['a model that is a file', [['model', Buffer.from('whisper-1')], file], 'model'],
  ])('for %s is never whole at LiteLLM', async (_, parts, param) => {
    upstream.respond(json({ text: 'must not be seen' }))
    await json400(await upload(parts), param)
  })

  it.each([
    ['a charset that spells names otherwise', `${contentType}; charset=utf-7`],
    ['no boundary', 'multipart/form-data; x=y'],
    ['two boundaries', `${contentType}; boundary=b`],
  ])('for %s is not even begun at LiteLLM', async (_, type) => {
    await json400(await upload([model, file], path, { 'content-type': type }))
    expect(upstream.received()).toBe('')
  })

  it('for what it is not, multipart, says so', async () => {
    const init = { method: 'POST', headers: { ...auth, 'content-type': contentType }, body: '{"model":"a"}' }
    await json400(await fetch(gateway.url + path, init))
  })

  it('for being cut short by its own boundary is never whole at LiteLLM', async () => {
    upstream.respond(json({ text: 'must not be seen' }))
    const { bytes } = multipart(model, file)
    const headers = { ...auth, 'content-type': contentType }
    await json400(await fetch(gateway.url + path, { method: 'POST', headers, body: bytes.subarray(0, -6) }))
  })

  it('for its announced size is answered before a byte of it is read', async () => {
    const client = await raw()
    client.send(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Length: ${65 * MIB}\r\n\r\n`,
    )
    const error = await expectEnvelope(await client.answer(), 413, 'PAYLOAD_TOO_LARGE')

    expect(error.message).toContain('MPC_MAX_UPLOAD_BYTES')
    await client.closed()
    expect(upstream.received()).toBe('')
  })

  it('for a content-encoding is refused, since nobody can look inside', async () => {
    await expectEnvelope(await upload([model, file], path, { 'content-encoding': 'gzip' }), 415)
    expect(upstream.received()).toBe('')
  })
})

describe('an upload that stops', () => {
  it('arriving is 408, and LiteLLM is let go', async () => {
    upstream.respond(silence)
    const { bytes } = multipart(model, file)
    const client = await raw()
    client.send(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Length: ${bytes.length}\r\n\r\n`,
      bytes.subarray(0, 100_000),
    )
    const error = await expectEnvelope(await client.answer(), 408, 'REQUEST_TIMEOUT')

    expect(error.details).toMatchObject({ clock: 'MPC_BODY_IDLE_TIMEOUT_MS' })
    for (const { closed } of upstream.requests) await within(2_000, closed, 'LiteLLM was left waiting')
  })

  it('but goes on before its clock runs out arrives', async () => {
    upstream.respond(json({ text: 'hello' }))
    const { bytes } = multipart(model, file)
    const request = openUpload(bytes.length)
    for (let at = 0; at < 5; at += 1) {
      request.write(bytes.subarray(at * 60_000, (at + 1) * 60_000))
      await wait(120)
    }
    request.end(bytes.subarray(300_000))
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    answer.resume()

    expect(answer.statusCode).toBe(200)
  })

  it.each(['destroy', 'reset', 'halfClose'] as const)(
    'because its client leaves (%s) is cancelled at LiteLLM within 250 ms',
    async (leave) => {
      upstream.respond(silence)
      const { bytes } = multipart(model, file)
      const client = await raw()
      client.send(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\nContent-Type: ${contentType}\r\n` +
          `Content-Length: ${bytes.length}\r\n\r\n`,
        bytes.subarray(0, 100_000),
        bytes.subarray(100_000, 200_000),
      )
      const recorded = await upstream.nextRequest()
      const leftAt = performance.now()
      client[leave]()

      expect((await within(2_000, recorded.closed, 'never cancelled')) - leftAt).toBeLessThan(250)
    },
  )

  it('because its client leaves while LiteLLM is not reading is cancelled within 250 ms too', async () => {
    const { behaviour, listen } = deaf()
    upstream.respond(behaviour)
    const request = openUpload(40 * MIB)
    request.write(Buffer.from(partHead('file', Buffer.alloc(0))))
    for (let count = 0; count < 20; count += 1) request.write(Buffer.alloc(MIB, 'x'))
    const recorded = await upstream.nextRequest()
    await wait(150)
    request.destroy()
    await wait(250)
    // A connection that is not read does not notice its end: from here on it must be there already.
    const listenedAt = performance.now()
    listen()

    expect((await within(2_000, recorded.closed, 'never cancelled')) - listenedAt).toBeLessThan(250)
  })
})

describe('LiteLLM, while an upload is on its way', () => {
  const refuseEarly: Behaviour = ({ socket }) => {
    const body = JSON.stringify({
      error: { message: 'file too large', type: 'None', param: 'None', code: '413' },
    })
    socket.write(
      `HTTP/1.1 413 Too Large\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    )
  }

  it('may refuse it early, and the client is told at once', async () => {
    upstream.respond(refuseEarly)
    const { bytes } = multipart(model, ['file', randomBytes(4 * MIB)])
    const client = await raw()
    client.send(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${auth['authorization']}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Length: ${bytes.length}\r\n\r\n`,
      bytes.subarray(0, 2 * MIB),
    )
    const error = await expectEnvelope(await client.answer(), 413)

    expect(error.message).toBe('file too large')
    await client.closed()
  })

  it('may break, which is 502', async () => {
    upstream.respond(({ socket }) => void socket.resetAndDestroy())

    await expectEnvelope(await upload([model, ['file', randomBytes(2 * MIB)]]), 502, 'LLM_ERROR')
    expect(upstream.requests).toHaveLength(1)
  })
})
