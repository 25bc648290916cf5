import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import {
  chatFrames,
  doneFrame,
  finishFrame,
  frame,
  openAiUsageFrame,
  textFrame,
  usageFrame,
} from '../support/chat-frames.ts'
import { readLikeDify } from '../support/read-like-dify.ts'
import { askStream, clientKey, startPair } from '../support/start-pair.ts'
import { json, raw, resetAtOnce, stream, toChunk } from '../support/upstream-behaviours.ts'
import { type Behaviour } from '../support/upstream-stub.ts'

const { gateway, post, upstream } = await startPair({
  MPC_PING_INTERVAL_MS: '40',
  MPC_STREAM_START_TIMEOUT_MS: '60',
  MPC_IDLE_TIMEOUT_MS: '600',
})

const messages = [{ role: 'user' as const, content: 'Hello' }]

async function readWithOpenAi(base: string): Promise<string> {
  const client = new OpenAI({ baseURL: gateway.url + base, apiKey: clientKey, maxRetries: 0 })
  const chunks = await client.chat.completions.create({ model: 'scripted', messages, stream: true })
  let text = ''
  // The code that everybody writes, and that a chunk without choices would crash.
  for await (const chunk of chunks) text += chunk.choices[0]!.delta.content ?? ''
  return text
}

async function readWithAiSdk(): Promise<string> {
  const provider = createOpenAICompatible({
    name: 'mpc',
    baseURL: `${gateway.url}/api/v1`,
    apiKey: clientKey,
  })
  const failures: unknown[] = []
  const onError = ({ error }: { error: unknown }) => void failures.push(error)
  const { textStream } = streamText({ model: provider('scripted'), messages, maxRetries: 0, onError })
  let text = ''
  for await (const part of textStream) text += part
  if (failures.length > 0) throw failures[0]
  return text
}

const callers: [string, () => Promise<string>][] = [
  ['the OpenAI SDK at /api', () => readWithOpenAi('/api')],
  ['the OpenAI SDK at /api/v1/', () => readWithOpenAi('/api/v1/')],
  ['the OpenAI SDK at /v1', () => readWithOpenAi('/v1')],
  ['the Vercel AI SDK', readWithAiSdk],
  ["Dify's reading rule", async () => readLikeDify(await post('/api/v1/chat/completions', askStream))],
]

const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
const errorFrame = frame({ error: { message: 'overloaded', type: 'api_error', param: null, code: '500' } })

/** Streams that are whole: every caller must read "Grüß Gott". */
const sound: [string, Behaviour][] = [
  ['plain frames', stream(chatFrames('Grüß ', 'Gott'))],
  ['frames that came in one piece', stream([chatFrames('Grüß ', 'Gott').join('')])],
  ['silences, so that pings are sent', stream(chatFrames('Grüß ', 'Gott'), { pauseMs: 100 })],
  [
    'a late start, so that headers and pings go first',
    raw([streamHead, ...chatFrames('Grüß ', 'Gott').map(toChunk), '0\r\n\r\n'], {
      pauseMs: 150,
      end: 'complete',
    }),
  ],
  [
    'bytes that came one by one',
    raw(
      [
        streamHead,
        ...Array.from(Buffer.from(chatFrames('Grüß ', 'Gott').join('')), (byte) =>
          toChunk(Buffer.from([byte])),
        ),
        '0\r\n\r\n',
      ],
      { end: 'complete' },
    ),
  ],
  [
    "LiteLLM's usage chunk",
    stream([textFrame('Grüß '), textFrame('Gott'), finishFrame, usageFrame, doneFrame]),
  ],
  [
    "OpenAI's usage chunk",
    stream([textFrame('Grüß '), textFrame('Gott'), finishFrame, openAiUsageFrame, doneFrame]),
  ],
]

/** Streams that are not: every caller must notice. */
const broken: [string, Behaviour][] = [
  ['reset in the middle', stream([textFrame('Grüß ')], { end: 'reset' })],
  ['closed in the middle', stream([textFrame('Grüß ')], { end: 'fin' })],
  ['ended cleanly without a finish reason', stream([textFrame('Grüß ')])],
  ['silent for too long', stream([textFrame('Grüß ')], { end: 'silent' })],
  ['broken by an error of LiteLLM', stream([textFrame('Grüß '), errorFrame])],
  ['reset before the first byte', resetAtOnce],
  [
    'refused with 500',
    json({ error: { message: 'x', type: 'api_error', param: null, code: '500' } }, { status: 500 }),
  ],
]

describe.each(callers)('%s', (_, read) => {
  it.each(sound)('reads a stream with %s to its end', async (_name, behaviour) => {
    upstream.respond(behaviour)

    expect(await read()).toBe('Grüß Gott')
  })

  it.each(broken)('notices that a stream was %s', { timeout: 5_000 }, async (_name, behaviour) => {
    upstream.respond(behaviour)

    await expect(read()).rejects.toThrow()
  })
})
