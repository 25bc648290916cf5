import { GatewayError } from '../../../src/errors/gateway-error.ts'
import { type AnswerSink } from '../../../src/http/answer-sink.ts'
import { RequestContext } from '../../../src/http/request-context.ts'
import { type AnswerPiece } from '../../../src/http/send-as-text.ts'
import {
  chatDialect,
  mediaDialect,
  messagesDialect,
  responsesDialect,
} from '../../../src/protocol/stream-dialect.ts'
import { EventStreamAnswer } from '../../../src/proxy/event-stream-answer.ts'
import { UsageTap } from '../../../src/proxy/usage-tap.ts'
import { fieldsOf } from '../../support/header-fields.ts'
import { type ClientEvent, readEventStream, typeOf } from '../event-source.ts'
import { demand, type FuzzTarget } from '../fuzz-target.ts'
import { cutUp, type Random, randomOf } from '../random.ts'

/** Each API, its last event, and what may be the last one there. */
const dialects = [
  { dialect: chatDialect, ends: isDone, mayEnd: isDone },
  { dialect: responsesDialect, ends: isEndOfResponse, mayEnd: isEndOfResponse },
  { dialect: messagesDialect, ends: isEndOfMessage, mayEnd: isEndOfMessage },
  { dialect: mediaDialect, ends: isDone, mayEnd: isEndOfMedia },
] as const
type Api = (typeof dialects)[number]

const usage = '{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}'

/** Event streams on their way to a client: the same however they are split, and nothing cut looks complete. */
export const eventStreamTarget: FuzzTarget = {
  name: 'event-stream',
  // The first character chooses the API, and whether the client asked for usage.
  seeds: [
    '0data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n',
    `4data: {"choices":[{"delta":{"content":"a"}}],"usage":null}\n\ndata: ${usage}\n\ndata: [DONE]\n\n`,
    '0data: {"choices":[]}\r\n\r\n: ping\r\n\r\ndata: {"error":{"message":"x","code":"429"}}\r\n\r\n',
    '1event: response.created\ndata: {"type":"response.created"}\n\nevent: response.completed\ndata: {"type":"response.completed"}\n\n',
    '2event: content_block_delta\ndata: {"type":"x"}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n',
    '3data: {"type":"image_generation.completed"}\r\rdata: [DONE]\r\r',
    '3data: {"type":"image_generation.completed"}\n\ndata: {"type":"image_generation.partial_image"}\n\n',
  ],
  words: [
    ...['data: ', 'data:', 'data', 'event: ', 'event: error\n', 'id: 1\n', 'retry: 1\n', ': ping\n\n'],
    ...['[DONE]'],
    ...['\n\n', '\r\n\r\n', '\r\r', '\n\r\n', '\r', '\n', 'data: [DONE]\n\n', 'data: [DONE]'],
    ...['\ndata: [DONE]'],
    ...['{"error":', '{"error":null', '{"type":"error"}', '{"type":"response.failed"}'],
    ...['event: message_stop\n'],
    ...[usage, `data: ${usage}\n\n`, '"usage":{"output_tokens":1}', '{"type":"speech.audio.done"}', '\0'],
    ...['\u00fc'],
  ],
  check(input) {
    const random = randomOf(input)
    const choice = (input[0] ?? 0) % 8
    const stream = input.subarray(1)
    const api = dialects[choice % 4] as Api
    const play = (pieces: readonly Buffer[], pings?: Random): Played =>
      playStream(pieces, new StreamPlayer(api, choice >= 4), pings)
    const whole = play([stream])
    checkEnding(whole, api)
    checkEnding(play([stream.subarray(0, random(stream.length + 1))]), api)
    const split = play(cutUp(stream, random))
    if (whole.ending === 'refused' || split.ending === 'refused') {
      // An error may come alone, or behind what has gone out already.
      const endings = [whole.ending, split.ending]
      demand(!endings.includes('complete'), 'what is refused in one piece is not complete in several')
      return undefined
    }
    demand(whole.ending === split.ending, 'a split does not change how a stream ends')
    const events = (played: Played): string => JSON.stringify(readEventStream(played.bytes))
    demand(events(split) === events(whole), 'a split does not change what the client reads')
    // With mixed line ends the last blank line may be whole before its last byte has come.
    const text = (played: Played): string => played.bytes.toString('latin1').trimEnd()
    demand(text(split) === text(whole) || whole.ending === 'cut', 'a split does not change a whole answer')
    const pinged = play(cutUp(stream, random), random)
    demand(events(pinged) === events(whole), 'a ping does not change what the client reads')
    return undefined
  },
}

interface Played {
  /** Without what is different each time. */
  bytes: Buffer
  ending: 'complete' | 'cut' | 'refused'
}

/** A client that keeps what it is sent. */
class StreamPlayer {
  readonly chunks: AnswerPiece[] = []
  ending: Played['ending'] = 'refused'
  readonly answer: EventStreamAnswer

  constructor({ dialect }: Api, hidesUsage: boolean) {
    const context = RequestContext.beginInSocket('fuzz')
    const sink: AnswerSink = {
      context,
      isFull: false,
      head: () => undefined,
      write: (bytes) => this.chunks.push(bytes) > 0,
      end: (last) => {
        if (last !== undefined) this.chunks.push(last)
        this.ending = 'complete'
      },
      body: () => demand(false, 'a stream has no whole body'),
      cut: () => (this.ending = 'cut'),
      whenReady: (action) => action(),
    }
    this.answer = new EventStreamAnswer(sink, {
      dialect,
      hidesUsage,
      tap: new UsageTap('openai', context.record),
    })
    this.answer.accept(fieldsOf({}))
  }
}

/** Does with an answer what an exchange does. */
function playStream(pieces: readonly Buffer[], player: StreamPlayer, pings: Random | undefined): Played {
  const { answer, chunks } = player
  try {
    const isOver = pieces.some((piece) => {
      if (answer.started && pings?.(3) === 0) answer.ping()
      return ['complete', 'failed'].includes(answer.write(piece))
    })
    if (!isOver) answer.end()
  } catch (problem) {
    if (!(problem instanceof GatewayError)) throw problem
    if (answer.started) answer.fail(problem)
  }
  const text = chunks.map((chunk) => chunk.toString('latin1')).join('')
  return { bytes: Buffer.from(text.replace(/(?<="timestamp":")[^"]*/g, ''), 'latin1'), ending: player.ending }
}

function checkEnding({ bytes, ending }: Played, { ends, mayEnd }: Api): void {
  if (ending === 'refused') {
    demand(bytes.length === 0, 'what is refused has not begun')
    return
  }
  const events = readEventStream(bytes)
  if (ending === 'complete') {
    // Some servers leave out the blank line behind the last event, and clients know.
    const closed = readEventStream(Buffer.concat([bytes, Buffer.from('\n\n')]))
    const last = closed.findLast(({ data }) => data !== '')
    demand(last !== undefined && mayEnd(last), 'what ends well ends with its last event')
  } else {
    demand(!events.some(ends), 'what was cut has no last event')
    const last = events.at(-1)
    demand(last !== undefined && typeOf(last) === 'error', 'what was cut ends with an error')
  }
}

function isDone({ data }: ClientEvent): boolean {
  return data.startsWith('[DONE]')
}

function isEndOfResponse(event: ClientEvent): boolean {
  return isDone(event) || /^response\.(?:completed|incomplete|failed)$/.test(typeOf(event))
}

function isEndOfMessage(event: ClientEvent): boolean {
  return typeOf(event) === 'message_stop'
}

function isEndOfMedia(event: ClientEvent): boolean {
  return isDone(event) || /\.(?:completed|done)$/.test(typeOf(event))
}
