import { describe, expect, it } from 'vitest'
import { RealtimeTap } from './realtime-tap.ts'
import { type UsageRecord } from './usage-tap.ts'

const event = (value: object) => Buffer.from(JSON.stringify(value))
const done = (id: string, usage: object | null) => event({ type: 'response.done', response: { id, usage } })

describe('RealtimeTap', () => {
  it('adds up what responses used, in the spelling of the Realtime API', () => {
    const record: UsageRecord = {}
    const tap = new RealtimeTap(record)
    tap.read(
      done('a', {
        total_tokens: 275,
        input_tokens: 127,
        output_tokens: 148,
        input_token_details: { text_tokens: 119, audio_tokens: 8, cached_tokens: 64 },
        output_token_details: { text_tokens: 36, audio_tokens: 112 },
      }),
    )
    tap.read(done('b', { input_tokens: 3, output_tokens: 2, cost: 0.5 }))

    expect(record.usage).toMatchObject({ input: 66, cacheRead: 64, output: 150 })
    expect(record.costMicroUsd).toBeNull()
  })

  it('adds up what they cost, and knows nothing of the sum when one did not say', () => {
    const record: UsageRecord = {}
    const tap = new RealtimeTap(record)
    tap.read(done('a', { input_tokens: 3, output_tokens: 2, cost: 0.5 }))
    tap.read(done('b', { input_tokens: 3, output_tokens: 2, cost: 0.25 }))
    expect(record.costMicroUsd).toBe(750_000)
    tap.read(done('c', { input_tokens: 90_000, output_tokens: 2 }))
    tap.read(done('d', { input_tokens: 3, output_tokens: 2, cost: 0.25 }))

    expect(record.costMicroUsd).toBeNull()
  })

  it.each([
    ['ended without a word on it', done('b', null)],
    ['is not over', event({ type: 'response.created', response: { id: 'b' } })],
  ])('does not know the cost while a response %s', (_, message) => {
    const record: UsageRecord = {}
    const tap = new RealtimeTap(record)
    tap.read(done('a', { input_tokens: 3, output_tokens: 2, cost: 0.5 }))
    tap.read(message)

    expect(record.usage).toMatchObject({ input: 3, output: 2 })
    expect(record.costMicroUsd).toBeNull()
  })

  it('knows the cost again once the response that was under way has said its own', () => {
    const record: UsageRecord = {}
    const tap = new RealtimeTap(record)
    tap.read(event({ type: 'response.created', response: { id: 'a' } }))
    tap.read(done('a', { input_tokens: 3, output_tokens: 2, cost: 0.5 }))

    expect(record.costMicroUsd).toBe(500_000)
  })

  it('knows whether the model is answering', () => {
    const tap = new RealtimeTap({})
    expect(tap.isAnswering).toBe(false)
    tap.read(event({ type: 'response.created', response: { id: 'a' } }))
    expect(tap.isAnswering).toBe(true)
    tap.read(done('a', null))
    expect(tap.isAnswering).toBe(false)
  })

  it.each([
    '{"type":"response.text.delta","delta":"\\"response.done\\""}',
    '{"type":"response.done"',
    '"response.done"',
    '{"type":"response.done","response":null}',
    '{"x":"response.done","response":{"usage":{"input_tokens":1}}}',
  ])('reads nothing into %s', (text) => {
    const record: UsageRecord = {}
    new RealtimeTap(record).read(Buffer.from(text))

    expect(record.usage).toBeUndefined()
    expect(record.costMicroUsd).toBeNull()
  })
})
