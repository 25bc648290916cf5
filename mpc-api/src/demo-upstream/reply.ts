import { setTimeout as wait } from 'node:timers/promises'
import { type DemoModel } from './demo-models.ts'
import { costOf, countTokens, type Usage } from './usage.ts'

/** What a demo model says: the text, cut into the pieces it is streamed in, each counted as one token. */
export interface Reply {
  readonly text: string
  readonly pieces: readonly string[]
  readonly cutShort: boolean
  readonly usage: Usage
  readonly pauseMs: number
}

export interface Prompt {
  /** Everything that was sent, for the token count. */
  readonly whole: string
  /** What is echoed. */
  readonly last: string
  readonly maxTokens: unknown
  /** Said instead of the echo. */
  readonly answer?: string | undefined
}

/** Pause between two pieces of demo-slow: a reading pace that still finishes within a minute. */
const slowPauseMs = 80
const maxEchoedCharacters = 2_000
const pieceOfText = /\s*\S{1,6}|\s+$/gu

export function composeReply(model: DemoModel, prompt: Prompt): Reply {
  const said = prompt.answer ?? sayBack(model.id, prompt.last)
  const all = said.match(pieceOfText) ?? []
  const limit = typeof prompt.maxTokens === 'number' ? Math.max(1, prompt.maxTokens) : Infinity
  const pieces = all.slice(0, limit)
  const input = countTokens(prompt.whole)
  const usage = { input, output: pieces.length, costUsd: costOf(input, pieces.length) }
  const pauseMs = model.pace === 'slow' ? slowPauseMs : 0
  return { text: pieces.join(''), pieces, cutShort: pieces.length < all.length, usage, pauseMs }
}

function sayBack(model: string, words: string): string {
  const intro = `I am ${model}, the demo upstream built into MPC-API: no language model, and my prices are made up.`
  if (!words.trim()) return `${intro} You said nothing.`
  // Cut by code points: half a surrogate pair would not survive UTF-8.
  const characters = Array.from(words.trim().slice(0, maxEchoedCharacters * 2))
  return `${intro} You said: ${characters.slice(0, maxEchoedCharacters).join('')}`
}

/** The pieces at the model's pace. Ends with an AbortError when the client leaves. */
export async function* speak(reply: Reply, gone: AbortSignal): AsyncGenerator<string> {
  for (const piece of reply.pieces) {
    if (reply.pauseMs > 0) await wait(reply.pauseMs, undefined, { signal: gone })
    yield piece
  }
}

/** Waits as long as the model would take to say it all. */
export async function think(reply: Reply, gone: AbortSignal): Promise<void> {
  const totalMs = reply.pauseMs * reply.pieces.length
  if (totalMs > 0) await wait(totalMs, undefined, { signal: gone })
}
