import { describe, expect, it } from 'vitest'
import { readFrameAt } from '../protocol/sse-frame.ts'
import { type UsageDialect } from '../protocol/token-usage.ts'
import { type UsageRecord, UsageTap } from './usage-tap.ts'

/** The record after a stream of these payloads. */
function tapped(dialect: UsageDialect, ...payloads: unknown[]): UsageRecord {
  const record: UsageRecord = {}
  const tap = new UsageTap(dialect, record)
  for (const payload of payloads) {
    const data = typeof payload === 'string' ? payload : JSON.stringify(payload)
    tap.readFrame(readFrameAt(Buffer.from(`data: ${data}\n\n`).toString('latin1'), 0))
  }
  return record
}

describe('the usage of a stream', () => {
  it('of chat is in its last chunk, with the cost', () => {
    const chunk = { choices: [], usage: { prompt_tokens: 11, completion_tokens: 7, cost: 0.000123 } }

    expect(tapped('openai', { choices: [{ delta: { content: 'a' } }], usage: null }, chunk)).toMatchObject({
      usage: { input: 11, output: 7 },
      costMicroUsd: 123,
    })
  })

  it('of Responses is in the event that ends it', () => {
    const response = { id: 'r', usage: { input_tokens: 5, output_tokens: 2, cost: 0.5 } }

    expect(tapped('openai', { type: 'response.incomplete', response })).toMatchObject({
      usage: { input: 5, output: 2 },
      costMicroUsd: 500_000,
    })
  })

  it('of Messages is in its first and its last event', () => {
    const start = {
      type: 'message_start',
      message: { usage: { input_tokens: 25, cache_read_input_tokens: 3, output_tokens: 1 } },
    }
    const delta = { type: 'message_delta', usage: { output_tokens: 15 } }

    expect(tapped('anthropic', start, delta).usage).toMatchObject({ input: 25, cacheRead: 3, output: 15 })
  })

  it.each(['image_generation.completed', 'transcript.text.done', 'speech.audio.done'])(
    'of %s is in that event',
    (type) => {
      expect(tapped('openai', { type, usage: { input_tokens: 4, output_tokens: 6 } }).usage).toMatchObject({
        input: 4,
        output: 6,
      })
    },
  )

  it.each([
    '{"usage":{',
    '{"usage":null}',
    '{"text":"\\"usage\\": {"}',
    '[{"usage":{"prompt_tokens":1}}]',
    '{"usage":"a lot"}',
    '{"a":{"usage":{"prompt_tokens":9}}}',
    '[DONE]',
  ])('is not read from %s', (payload) => {
    expect(tapped('openai', payload)).toEqual({ costMicroUsd: null })
  })

  it('is found behind a text that speaks of usage', () => {
    expect(tapped('openai', '{"x":"\\"usage\\"","usage" : {"prompt_tokens":3}}').usage).toMatchObject({
      input: 3,
    })
  })
})

describe('the cost', () => {
  it('is unknown until somebody says it, and never 0 by default', () => {
    expect(tapped('openai')).toEqual({ costMicroUsd: null })
    expect(tapped('openai', { usage: { prompt_tokens: 1 } }).costMicroUsd).toBeNull()
  })

  it('of a whole answer is that of the header, unless the answer itself says', () => {
    const record: UsageRecord = {}
    const tap = new UsageTap('openai', record)
    tap.readCostHeader('0.000002')
    tap.readAnswer({ usage: { prompt_tokens: 1 } })
    expect(record.costMicroUsd).toBe(2)
    tap.readAnswer({ usage: { prompt_tokens: 1, cost: 0.000005 } })
    expect(record.costMicroUsd).toBe(5)
  })
})

describe('the usage at the end of a large answer', () => {
  /** The record after the last bytes of an answer. */
  const ended = (end: string): UsageRecord => {
    const record: UsageRecord = {}
    new UsageTap('openai', record).readTail(Buffer.from(end))
    return record
  }

  it.each([
    '0.25]}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}',
    '0.25]}], "usage" : { "prompt_tokens": 8, "cost": 0.1 }, "object": "list" }\n',
  ])('is read: %s', (end) => {
    expect(ended(end).usage).toMatchObject({ input: 8, output: 0 })
  })

  it.each([
    'no usage at all"}',
    '"usage":{"prompt_tokens":8}}]}',
    '"text":"\\"usage\\":{\\"prompt_tokens\\":8}"}',
    '"usage":{"prompt_tokens":',
    '"usage":null}',
  ])('is not made up: %s', (end) => {
    expect(ended(end)).toEqual({ costMicroUsd: null })
  })
})
