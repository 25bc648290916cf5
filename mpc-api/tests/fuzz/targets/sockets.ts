import { isDeepStrictEqual } from 'node:util'
import { GatewayError } from '../../../src/errors/gateway-error.ts'
import { RequestContext } from '../../../src/http/request-context.ts'
import { parseJson } from '../../../src/protocol/parse-json.ts'
import { chatDialect } from '../../../src/protocol/stream-dialect.ts'
import { deltaOutlet } from '../../../src/proxy/delta-outlet.ts'
import { RealtimeTap } from '../../../src/proxy/realtime-tap.ts'
import { UsageTap } from '../../../src/proxy/usage-tap.ts'
import { toChatCall } from '../../../src/routes/chat-socket-call.ts'
import { BadFrame, readChatFrame } from '../../../src/routes/chat-socket-frame.ts'
import { readEventStream } from '../event-source.ts'
import { demand, type FuzzTarget } from '../fuzz-target.ts'
import { cutUp, randomOf } from '../random.ts'

const chunk = (delta: string): string => `data: {"choices":[{"index":0,"delta":${delta}}]}\n\n`
const done =
  '{"type":"response.done","response":{"id":"r","usage":{"input_tokens":1,"output_tokens":2,"cost":0.5}}}'

const checks: readonly ((bytes: Buffer) => void)[] = [checkFrame, checkAnswer, checkRealtime]

/** What clients say on the chat socket, what they are answered there, and the events of realtime sessions. */
export const socketsTarget: FuzzTarget = {
  name: 'sockets',
  // The first character chooses which.
  seeds: [
    '0{"type":"request","id":"a","body":{"model":"m","messages":[{"role":"user","content":"hi"}]}}',
    '0{"id":"a","body":{"model":"m","messages":[{"role":"user"}],"stream":false},"type":"request"}',
    '0{"type":"cancel","id":"a"}',
    `1${chunk('{"role":"assistant","content":"a"}')}${chunk('{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}')}data: [DONE]\n\n`,
    `1${chunk('{"content":"a"}')}data: {"choices":[],"usage":{"prompt_tokens":1}}\n\ndata: {"error":{"code":429}}\n\n`,
    `2{"type":"response.created","response":{"id":"r"}}\n${done}`,
  ],
  words: [
    ...['{', '}', '[', ']', ',', ':', '"', '\\u0062ody', 'null', 'true', '0', '-1', '1e999', '"id":"a"'],
    ...['"body":{'],
    ...['"type":"request"', '"stream":', '"stream_options":', '{"include_usage":true}', '"__proto__":'],
    ...['"index":'],
    ...['"choices":[', '"delta":{', '"content":', '"constructor":', '"finish_reason":"stop"', '"usage":'],
    ...[done],
    ...['data: ', '\n\n', '\r\n\r\n', 'data: [DONE]\n\n', '"response.done"'],
    ...['"input_token_details":{"cached_tokens":1}'],
  ],
  check(input) {
    checks[(input[0] ?? 0) % checks.length]?.(input.subarray(1))
    return undefined
  },
}

function checkFrame(bytes: Buffer): void {
  const frame = refusedAs(BadFrame, () => readChatFrame(bytes, false, 12))
  if (frame?.type !== 'request') return
  const read: unknown = parseJson(frame.bytes.toString())
  demand(isDeepStrictEqual(read, frame.body), 'the bytes of a body are its own')
  const context = RequestContext.beginInSocket('fuzz')
  const call = refusedAs(GatewayError, () => toChatCall(frame, context, {}, []))
  if (call === undefined) return
  const sent = parseJson((call.body as Buffer).toString()) as Record<string, unknown>
  const asked = call.asksForStream ? { stream: true, stream_options: sent['stream_options'] } : {}
  demand(isDeepStrictEqual(sent, { ...frame.body, ...asked }), 'a body goes up as it came, asked to stream')
  const options = sent['stream_options'] as Record<string, unknown> | undefined
  demand(!call.asksForStream || options?.['include_usage'] === true, 'a stream is asked for its usage')
}

function checkAnswer(bytes: Buffer): void {
  const whole = collect([bytes])
  const split = collect(cutUp(bytes, randomOf(bytes)))
  demand(isDeepStrictEqual(whole, split), 'a split does not change what a client is told')
  // The last event may lack its blank line.
  const events = readEventStream(Buffer.concat([bytes, Buffer.from('\n\n')]))
  demand(
    whole.final === undefined || events.some(({ data }) => data.startsWith('[DONE]')),
    'only [DONE] is an end',
  )
}

/** The frames that a client is told of an answer; the last one is missing when it fails. */
function collect(pieces: readonly Buffer[]): { deltas: unknown[]; final: unknown } {
  const told: { deltas: unknown[]; final: unknown } = { deltas: [], final: undefined }
  const outlet = deltaOutlet({
    onDelta: (delta) => told.deltas.push(structuredClone(delta)) > 0,
    onDone: (answer) => (told.final = structuredClone(answer)),
    whenReady: (action) => action(),
  })
  const { record } = RequestContext.beginInSocket('fuzz')
  const answer = outlet.stream({
    dialect: chatDialect,
    tap: new UsageTap('openai', record),
    hidesUsage: false,
  })
  refusedAs(GatewayError, () => {
    if (!pieces.some((piece) => answer.write(piece) === 'complete')) answer.end()
    return true
  })
  return told
}

function checkRealtime(bytes: Buffer): void {
  const { record } = RequestContext.beginInSocket('fuzz')
  const tap = new RealtimeTap(record)
  for (const line of bytes.toString('latin1').split('\n')) tap.read(Buffer.from(line, 'latin1'))
  const counts: number[] = [...(Object.values(record.usage ?? {}) as number[]), record.costMicroUsd ?? 0]
  demand(
    counts.every((count) => count >= 0 && Number.isFinite(count)),
    'usage is counted in plain numbers',
  )
}

function refusedAs<T>(kind: new (...args: never[]) => Error, work: () => T): T | undefined {
  try {
    return work()
  } catch (problem) {
    if (problem instanceof kind) return undefined
    throw problem
  }
}
