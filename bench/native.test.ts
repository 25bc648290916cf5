import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running } from './candidates/candidate.ts'
import { direct } from './candidates/direct.ts'
import { measure, type Bench } from './measure.ts'
import { buildTools } from './native.ts'
import { realtimeRequest } from './requests.ts'
import { embeddings100, embeddings100Float } from './rows/embeddings.ts'
import { responsesStream } from './rows/responses-stream.ts'
import { type Load, type Row } from './rows/row.ts'
import { sockets1000 } from './rows/sockets.ts'
import { stream5ms } from './rows/stream-paced.ts'
import { upload10MB } from './rows/upload.ts'
import { wholeSaturated } from './rows/whole-saturated.ts'
import { startTool, stop } from './spawn.ts'
import { whatIsMissing } from './what-is-missing.ts'

const lack = whatIsMissing()
if (lack !== undefined)
  console.warn(`skipped: the tests of the scripted upstream and the load generator: ${lack}`)

/** Enough to see whether answers are whole. */
const few: Partial<Load> = { connections: 4, ramp: 0, warmup: 0, seconds: 0.2, limit: 20 }

describe.skipIf(lack !== undefined)('the scripted upstream and the load generator', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-test-'))
  let upstream: ReturnType<typeof startTool>
  let running: Running
  let bench: Bench

  beforeAll(async () => {
    const tools = buildTools()
    upstream = startTool([tools.upstream])
    if (upstream.stdout === null) throw new Error('no stdout')
    const [port] = (await once(createInterface(upstream.stdout), 'line')) as [string]
    const setting = { upstream: `http://127.0.0.1:${port}`, folder, core: undefined, nodeFlags: [] }
    running = await direct.start(setting)
    bench = { folder, loadProgram: tools.load, proxyCore: undefined, toolCore: undefined, seconds: 0.2 }
  }, 60_000)

  afterAll(async () => {
    await stop(upstream)
    rmSync(folder, { recursive: true })
  })

  const run = (row: Row) => measure(bench, { ...row, load: { ...row.load, ...few } }, running)
  const whole = { failed: 0, incomplete: 0, unfinished: 0 }
  const answered = [wholeSaturated, stream5ms, embeddings100, embeddings100Float, upload10MB, responsesStream]

  it.each(answered.map((row) => [row.name, row] as const))('%s: every answer is whole', async (_, row) => {
    const seen = await run(row)
    expect(seen).toMatchObject(whole)
    expect(row.chunks === 0 ? seen.requests : seen.chunks).toBeGreaterThan(3)
  })

  it('a stream that ends after another number of chunks is counted as incomplete', async () => {
    const { incomplete, failed } = await run({ ...responsesStream, chunks: 99 })
    expect({ some: incomplete > 3, failed }).toEqual({ some: true, failed: 0 })
  })

  it('sockets-1000: every WebSocket is open until the end', async () => {
    expect(await run(sockets1000)).toMatchObject({ ...whole, open: 4, peakOpen: 4 })
  })

  it('an answer in place of a WebSocket is counted as incomplete', async () => {
    const refused = { ...sockets1000, request: () => ({ ...realtimeRequest('bench'), headers: {} }) }
    expect(await run(refused)).toMatchObject({ open: 0, failed: 0, incomplete: 4 })
  })

  it('GET /v1/realtime accepts the key of the handshake, as RFC 6455 asks', async () => {
    const key = randomBytes(16).toString('base64')
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': key }
    const asked = get(`http://127.0.0.1:${running.port}/v1/realtime`, { headers })
    const [response, socket] = (await once(asked, 'upgrade')) as [IncomingMessage, Duplex]
    socket.destroy()
    const expected = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    expect(response.headers['sec-websocket-accept']).toBe(expected)
  })
})
