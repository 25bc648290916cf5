import { describe, expect, it } from 'vitest'
import {
  doneFrame,
  finishFrame,
  frame,
  openAiUsageFrame,
  textFrame,
  usage,
  usageFrame,
} from '../support/chat-frames.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { stream } from '../support/upstream-behaviours.ts'

const { post, upstream } = await startPair()

/** Streams these frames to a client that sent this, and returns what reached both sides. */
async function exchange(body: unknown, frames: string[]) {
  upstream.respond(stream(frames))
  const response = await post(chatPath, body)
  const text = await response.text()
  return { text, sentUp: upstream.requests[0]!.body.toString() }
}

/** What was added to `original`, when the rest is still there byte for byte; undefined when it is not. */
function insertionInto(original: string, result: string): string | undefined {
  const added = result.length - original.length
  for (let at = 0; at <= original.length; at += 1) {
    if (original.slice(0, at) + original.slice(at) === result.slice(0, at) + result.slice(at + added)) {
      return result.slice(at, at + added)
    }
  }
  return undefined
}

const words = [textFrame('a'), textFrame('b'), finishFrame]

describe('a streaming client that did not ask for usage', () => {
  it.each([
    ['compact', JSON.stringify(askStream)],
    [
      'loosely written',
      '\n{ "big": 12345678901234567890, "model":"m",\n "messages":[{"role":"user","content":"}"}], "stream" : true }\n ',
    ],
    [
      'with a brace in a string at the end',
      '{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true,"user":"}"}',
    ],
    ['with stream first', '{"stream":true,"messages":[{"role":"user","content":"x"}],"model":"m"}'],
    ['with non-ASCII text', JSON.stringify({ ...askStream, user: 'Grüß 👋' })],
  ])('gets it asked for by a splice that leaves every other byte alone: %s', async (_, body) => {
    const { sentUp } = await exchange(body, [...words, usageFrame, doneFrame])
    const inserted = insertionInto(body, sentUp)

    expect(inserted).toMatch(/"stream_options"/)
    expect(JSON.parse(sentUp)).toEqual({
      ...(JSON.parse(body) as object),
      stream_options: { include_usage: true },
    })
  })

  it.each([
    ['stream_options: {}', {}],
    ['stream_options: null', null],
    ['include_usage: false', { include_usage: false }],
    ['another option', { include_obfuscation: false }],
  ])('that sent %s still gets it asked for, and its other options kept', async (_, options) => {
    const body = JSON.stringify({ ...askStream, stream_options: options })
    const { sentUp, text } = await exchange(body, [...words, usageFrame, doneFrame])

    expect(JSON.parse(sentUp)).toEqual({ ...askStream, stream_options: { ...options, include_usage: true } })
    expect(text).toBe([...words, doneFrame].join(''))
  })

  it.each([
    ['as LiteLLM sends it, with an empty delta', usageFrame],
    ['as OpenAI sends it, without choices', openAiUsageFrame],
  ])('does not get the usage chunk, %s, and every other byte', async (_, last) => {
    const { text } = await exchange(askStream, [...words, last, doneFrame])

    expect(text).toBe([...words, doneFrame].join(''))
  })

  it('keeps a chunk that carries usage beside a finish reason', async () => {
    const finishWithUsage = frame({ ...JSON.parse(finishFrame.slice(6)), usage })
    const { text } = await exchange(askStream, [textFrame('a'), finishWithUsage, doneFrame])

    expect(text).toBe([textFrame('a'), finishWithUsage, doneFrame].join(''))
  })

  it('keeps a chunk that carries usage beside text', async () => {
    const textWithUsage = frame({ ...JSON.parse(textFrame('b').slice(6)), usage })
    const { text } = await exchange(askStream, [textFrame('a'), textWithUsage, finishFrame, doneFrame])

    expect(text).toBe([textFrame('a'), textWithUsage, finishFrame, doneFrame].join(''))
  })

  it('keeps chunks with usage: null', async () => {
    const nullUsage = frame({ ...JSON.parse(textFrame('b').slice(6)), usage: null })
    const { text } = await exchange(askStream, [nullUsage, finishFrame, usageFrame, doneFrame])

    expect(text).toBe([nullUsage, finishFrame, doneFrame].join(''))
  })

  it('keeps text that only talks about usage', async () => {
    const talk = textFrame('"usage":{"prompt_tokens":1},"choices":[]')
    const { text } = await exchange(askStream, [talk, finishFrame, usageFrame, doneFrame])

    expect(text).toBe([talk, finishFrame, doneFrame].join(''))
  })

  it('keeps the usage of a whole answer', async () => {
    const body = '{"id":"x","object":"chat.completion","choices":[],"usage":{"prompt_tokens":1}}'
    upstream.respond(stream([body], { headers: { 'content-type': 'application/json' } }))

    expect(await (await post(chatPath, askStream)).text()).toBe(body)
  })
})

describe('a streaming client that asked for usage', () => {
  it('is forwarded byte for byte and gets the usage chunk as it came', async () => {
    const body =
      '{"model":"m","messages":[{"role":"user","content":"x"}],"stream":true,"stream_options":{ "include_usage" :true}}'
    const frames = [...words, usageFrame, doneFrame]
    const { sentUp, text } = await exchange(body, frames)

    expect(sentUp).toBe(body)
    expect(text).toBe(frames.join(''))
  })
})

describe('a client that does not stream', () => {
  it.each([ask, { ...ask, stream: false }, { ...ask, stream: null }])(
    'is forwarded byte for byte: %o',
    async (body) => {
      upstream.respond(
        stream([JSON.stringify({ id: 'x' })], { headers: { 'content-type': 'application/json' } }),
      )
      await post(chatPath, body)

      expect(upstream.requests[0]?.body.toString()).toBe(JSON.stringify(body))
    },
  )
})
