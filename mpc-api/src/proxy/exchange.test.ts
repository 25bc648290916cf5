import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fieldsOf } from '../../tests/support/header-fields.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { ConnectError } from '../http-client/client-errors.ts'
import { afterTurn } from '../http/after-turn.ts'
import { type AnswerSink } from '../http/answer-sink.ts'
import { RequestContext } from '../http/request-context.ts'
import { type AnswerPiece } from '../http/send-as-text.ts'
import { type ResponseHandler, Transfer } from '../http-client/transfer.ts'
import { chatDialect } from '../protocol/stream-dialect.ts'
import { ClientOutlet } from './client-outlet.ts'
import { type Call, Exchange } from './exchange.ts'
import { type Upstream, type UpstreamAddress } from './upstream.ts'

const call: Call = {
  method: 'POST',
  path: '/v1/chat/completions',
  headers: [],
  body: Buffer.from('{}'),
  asksForStream: false,
  media: undefined,
  streamDialect: chatDialect,
  usageDialect: 'openai',
  hidesUsage: false,
}
const limits = { firstByteMs: 1000, idleMs: 1000, totalMs: 1000, streamStartMs: 1000, pingMs: 1000 }
const address = { url: 'http://litellm' } as UpstreamAddress
const answer = Buffer.from('{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}')

/** An exchange whose LiteLLM is played by the test, and what its client was sent. */
function startExchange(given: Partial<Call> = {}) {
  const context = RequestContext.beginInSocket('test')
  const sent: AnswerPiece[] = []
  const sink: AnswerSink = {
    context,
    isFull: false,
    head: () => undefined,
    write: (bytes) => sent.push(bytes) > 0,
    end: (last) => {
      if (last !== undefined) sent.push(last)
    },
    body: (_status, _headers, bytes) => sent.push(bytes),
    cut: () => undefined,
    whenReady: () => undefined,
  }
  let handler: ResponseHandler | undefined
  const upstream = {
    send: (_to: UpstreamAddress, _request: Call, given: ResponseHandler) => {
      handler = given
      return new Transfer({ text: '', framing: undefined }, null, given)
    },
  } as unknown as Upstream
  const exchange = new Exchange({ ...call, ...given }, context, new ClientOutlet(sink), limits)
  const run = () => {
    const over = exchange.run(upstream, address, () => undefined)
    if (handler === undefined) throw new Error('nothing was sent')
    return { handler, over }
  }
  return { context, exchange, run, sent }
}

describe('an exchange whose answer waits for its turn to be sent', () => {
  // However slow the machine, what is asked for here is asked for at the same time.
  beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
  afterEach(() => vi.useRealTimers())

  it('has noted what it used when the client leaves meanwhile, and sends nothing', async () => {
    const { context, run, sent } = startExchange()
    const { handler, over } = run()
    handler.onHead({
      status: 200,
      headers: fieldsOf({ 'content-type': 'application/json', 'x-litellm-response-cost': '0.001' }),
      framing: answer.length,
      keepAliveMs: 1000,
    })
    handler.onData(answer)
    // Two that ask at the same time are worked on together, after this turn.
    afterTurn(0, () => undefined)
    handler.onEnd()
    expect(sent).toEqual([])
    context.markClientGone()
    await over
    await new Promise((resolve) => setImmediate(resolve))

    expect(context.record.usage).toMatchObject({ input: 5, output: 7 })
    expect(context.record.costMicroUsd).toBe(1000)
    expect(sent).toEqual([])
  })

  it('is sent whole in that turn when the client stays', async () => {
    const { run, sent } = startExchange()
    const { handler, over } = run()
    handler.onHead({
      status: 200,
      headers: fieldsOf({ 'content-type': 'application/json' }),
      framing: answer.length,
      keepAliveMs: 1000,
    })
    handler.onData(answer)
    afterTurn(0, () => undefined)
    handler.onEnd()
    await over

    expect(sent).toEqual([answer])
  })
})

describe('an exchange whose bytes come in a buffer that is used again', () => {
  /** LiteLLM answers in these pieces, each read into the same buffer. */
  const play = (status: number, type: string, pieces: readonly string[]) => {
    const { run, sent } = startExchange({ media: /^audio/ })
    const { handler, over } = run()
    handler.onHead({
      status,
      headers: fieldsOf({ 'content-type': type }),
      framing: 'chunked',
      keepAliveMs: 1000,
    })
    const buffer = Buffer.alloc(100)
    for (const piece of pieces) handler.onData(buffer.fill('?').subarray(0, buffer.write(piece)))
    buffer.fill('?')
    handler.onEnd()
    return { over, told: () => sent.map((piece) => piece.toString('latin1')).join('') }
  }

  it.each([
    ['a whole answer', 'application/json', ['{"a"', ':"b"}']],
    ['a stream', 'text/event-stream', ['data: {"a"', ':"b"}\n\nda', 'ta: [DONE]\n\n']],
    ['media', 'audio/mpeg', ['some', 'thing']],
  ])('passes %s on as it came', async (_, type, pieces) => {
    const { over, told } = play(200, type, pieces)
    await over

    expect(told()).toBe(pieces.join(''))
  })

  it('passes on what came with an error, and the error behind it', async () => {
    const pieces = ['data: {"choices":[]}\n\ndata: {"error":{"message":"x"}}\n\n']
    const { over, told } = play(200, 'text/event-stream', pieces)
    await over

    expect(told()).toBe(pieces.join(''))
  })

  it('reads an error as it came', async () => {
    const { over } = play(400, 'application/json', ['{"error":{"mess', 'age":"too long"}}'])

    await expect(over).rejects.toMatchObject({ fields: { message: 'too long' } })
  })
})

describe('an exchange that waits to be run again after no connection could be made', () => {
  it.each<[string, (started: ReturnType<typeof startExchange>) => void]>([
    ['is interrupted', ({ context }) => context.interrupt(new GatewayError('SERVICE_UNAVAILABLE', 'ending'))],
    ['runs out of time', ({ exchange }) => exchange.expired('MPC_TOTAL_TIMEOUT_MS', 1)],
  ])('is not sent once it %s', async (_, end) => {
    const started = startExchange()
    const { handler, over } = started.run()
    handler.onError(new ConnectError('refused'))
    await expect(over).rejects.toBeInstanceOf(ConnectError)
    end(started)

    await expect(started.run().over).rejects.toBeInstanceOf(GatewayError)
  })

  it('tells a stream that has begun, early, that LiteLLM cannot be reached after all', async () => {
    const { exchange, run, sent } = startExchange({ asksForStream: true })
    expect(exchange.tell(new GatewayError('LLM_ERROR', 'too early'))).toBe(false)
    const { handler, over } = run()
    exchange.startStream()
    handler.onError(new ConnectError('refused'))
    await expect(over).rejects.toBeInstanceOf(ConnectError)

    expect(exchange.tell(new GatewayError('LLM_ERROR', 'not reached'))).toBe(true)
    expect(String(sent.at(-1))).toContain('not reached')
  })

  it('tells such a stream also that it was interrupted meanwhile', async () => {
    const { context, exchange, run, sent } = startExchange({ asksForStream: true })
    const { handler, over } = run()
    exchange.startStream()
    handler.onError(new ConnectError('refused'))
    await expect(over).rejects.toBeInstanceOf(ConnectError)
    context.interrupt(new GatewayError('SERVICE_UNAVAILABLE', 'ending'))
    await run().over

    expect(String(sent.at(-1))).toContain('ending')
  })
})
