import { randomUUID } from 'node:crypto'
import { wantsUsage } from './chat-completions.ts'
import { DemoError } from './demo-error.ts'
import { findDemoModel } from './demo-models.ts'
import { dataFrame, doneFrame, type Exchange, sendFrames, sendJson } from './exchange.ts'
import { textOf } from './prompt-text.ts'
import { composeReply, type Reply, speak, think } from './reply.ts'
import { toChatUsage } from './usage.ts'

/** `POST /completions`, whole or streamed. */
export async function answerCompletion(exchange: Exchange): Promise<void> {
  const { body, gone } = exchange
  const model = findDemoModel(body['model'], 'chat')
  if (body['prompt'] === undefined) throw new DemoError(400, "Missing required parameter: 'prompt'", 'prompt')
  const prompt = textOf(body['prompt'])
  const reply = composeReply(model, { whole: prompt, last: prompt, maxTokens: body['max_tokens'] })
  const created = Math.floor(Date.now() / 1000)
  const head = { id: `cmpl-${randomUUID()}`, object: 'text_completion', created, model: model.id }
  if (body['stream'] === true) {
    await sendFrames(exchange, completionFrames(reply, head, exchange))
    return
  }
  await think(reply, gone)
  const choices = [choice(reply.text, finishOf(reply))]
  sendJson(exchange, { ...head, choices, usage: toChatUsage(reply.usage) }, reply.usage.costUsd)
}

const finishOf = (reply: Reply) => (reply.cutShort ? 'length' : 'stop')
const choice = (text: string, finish: string | null) => ({
  index: 0,
  text,
  logprobs: null,
  finish_reason: finish,
})

async function* completionFrames(reply: Reply, head: object, exchange: Exchange): AsyncGenerator<string> {
  for await (const text of speak(reply, exchange.gone))
    yield dataFrame({ ...head, choices: [choice(text, null)] })
  yield dataFrame({ ...head, choices: [choice('', finishOf(reply))] })
  if (wantsUsage(exchange.body['stream_options'])) {
    const usage = { ...toChatUsage(reply.usage), cost: reply.usage.costUsd }
    yield dataFrame({ ...head, choices: [], usage })
  }
  yield doneFrame
}
