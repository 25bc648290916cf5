import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { readFrameAt } from './sse-frame.ts'
import {
  chatDialect,
  mediaDialect,
  messagesDialect,
  responsesDialect,
  type StreamDialect,
  toErrorFrame,
} from './stream-dialect.ts'

const meaning = (dialect: StreamDialect, text: string) => dialect.meaningOf(readFrameAt(`${text}\n\n`, 0))

const named = (type: string, fields = '') => `event: ${type}\ndata: {"type":"${type}"${fields}}`
const bare = (type: string, fields = '') => `data: {"type":"${type}"${fields}}`
const errorPayload = 'data: {"error":{"message":"overloaded","code":"500"}}'

describe('a chat stream', () => {
  it.each([
    ['data: [DONE]', 'terminal'],
    ['data:[DONE]', 'terminal'],
    ['data: [DONE] ', 'terminal'],
    ['data\ndata: [DONE]', 'content'],
    ['data: {"choices":[{"delta":{"content":"[DONE]"}}]}', 'content'],
    ['data: {"choices":[{"delta":{},"finish_reason":"stop"}]}', 'content'],
    ['data: {"choices":[],"usage":{"total_tokens":1}}', 'content'],
    [errorPayload, 'error'],
    ['data: { "error" : "plain words" }', 'error'],
    ['data: {"error":null,"choices":[]}', 'content'],
    [`event: error\n${errorPayload}`, 'error'],
    ['event: error', 'content'],
    [': ping', 'content'],
  ])('means by %j: %s', (text, expected) => {
    expect(meaning(chatDialect, text)).toBe(expected)
  })
})

describe('a Responses stream', () => {
  it.each([
    [named('response.created'), 'content'],
    [named('response.output_text.delta', ',"delta":"response.completed"'), 'content'],
    [named('response.output_text.done'), 'content'],
    [named('response.completed'), 'terminal'],
    [named('response.incomplete'), 'terminal'],
    [named('response.failed', ',"response":{"error":{"code":"server_error"}}'), 'terminal'],
    [bare('response.completed'), 'terminal'],
    ['event: response.completed', 'content'],
    ['data: { "type": "response.failed" }', 'terminal'],
    [named('error', ',"code":"x"'), 'error'],
    [bare('error', ',"code":"x"'), 'error'],
    [errorPayload, 'error'],
    ['data: [DONE]', 'terminal'],
    ['event: error\ndata: [DONE]', 'terminal'],
  ])('means by %j: %s', (text, expected) => {
    expect(meaning(responsesDialect, text)).toBe(expected)
  })
})

describe('a Messages stream', () => {
  it.each([
    [named('message_start'), 'content'],
    [named('content_block_delta'), 'content'],
    [named('message_delta', ',"delta":{"stop_reason":"end_turn"}'), 'content'],
    [named('message_stop'), 'terminal'],
    [bare('message_stop'), 'terminal'],
    ['event: message_stop', 'content'],
    ['event: error', 'content'],
    [named('ping'), 'content'],
    [named('error', ',"error":{"type":"overloaded_error"}'), 'error'],
    [bare('error', ',"error":{"type":"overloaded_error"}'), 'error'],
    [errorPayload, 'error'],
  ])('means by %j: %s', (text, expected) => {
    expect(meaning(messagesDialect, text)).toBe(expected)
  })
})

describe('a stream of pictures, speech or transcripts', () => {
  it.each([
    [named('image_generation.partial_image'), 'content'],
    [named('image_generation.completed'), 'final'],
    [named('image_edit.completed'), 'final'],
    [bare('transcript.text.delta'), 'content'],
    [bare('transcript.text.done'), 'final'],
    [bare('speech.audio.delta'), 'content'],
    [bare('speech.audio.done'), 'final'],
    ['data: [DONE]', 'terminal'],
    [errorPayload, 'error'],
    [named('error', ',"error":{"code":"x"}'), 'error'],
  ])('means by %j: %s', (text, expected) => {
    expect(meaning(mediaDialect, text)).toBe(expected)
  })
})

describe('the frame that tells of a failure', () => {
  const error = new GatewayError('LLM_ERROR', 'The connection was lost.')
  const lines = (dialect: StreamDialect) => toErrorFrame(dialect, error, 'req-1', 7).split('\n')
  const payload = (dialect: StreamDialect) =>
    JSON.parse(
      lines(dialect)
        .find((line) => line.startsWith('data: '))!
        .slice(6),
    ) as unknown

  it.each([
    ['chat', chatDialect],
    ['media', mediaDialect],
  ])('has no event line in a %s stream, and the error at its top', (_, dialect) => {
    expect(lines(dialect)).toHaveLength(3)
    expect(payload(dialect)).toEqual({
      error: expect.objectContaining({
        code: 'LLM_ERROR',
        type: 'api_error',
        param: null,
        requestId: 'req-1',
      }) as object,
    })
  })

  it('counts on in a Responses stream, as an error event', () => {
    expect(lines(responsesDialect)[0]).toBe('event: error')
    expect(payload(responsesDialect)).toEqual({
      type: 'error',
      // OpenAI's SDKs throw only for this.
      error: expect.objectContaining({ code: 'LLM_ERROR', requestId: 'req-1' }) as object,
      code: 'LLM_ERROR',
      message: 'The connection was lost.',
      param: null,
      sequence_number: 7,
    })
  })

  it('is an error event with the request id in a Messages stream', () => {
    expect(lines(messagesDialect)[0]).toBe('event: error')
    expect(payload(messagesDialect)).toMatchObject({
      type: 'error',
      error: { type: 'api_error', message: 'The connection was lost.' },
      request_id: 'req-1',
    })
  })

  it.each([chatDialect, mediaDialect, messagesDialect, responsesDialect])(
    'is read as an error by its own dialect',
    (dialect) => {
      const text = toErrorFrame(dialect, error, 'req-1', 7)

      expect(text.endsWith('\n\n')).toBe(true)
      expect(text).not.toContain('\r')
      expect(meaning(dialect, text)).toBe('error')
    },
  )
})
