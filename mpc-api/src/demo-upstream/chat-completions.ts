import { randomUUID } from 'node:crypto'
import { DemoError } from './demo-error.ts'
import { demoOwner, findDemoModel } from './demo-models.ts'
import { dataFrame, doneFrame, type Exchange, isFields, sendFrames, sendJson } from './exchange.ts'
import { lastUserText, textOf } from './prompt-text.ts'
import { composeReply, type Reply, speak, think } from './reply.ts'
import { composeStructured } from './structured-reply.ts'
import { toChatUsage } from './usage.ts'

/** `POST /chat/completions`, whole or streamed. */
export async function answerChat(exchange: Exchange): Promise<void> {
  const { body, gone } = exchange
  const model = findDemoModel(body['model'], 'chat')
  const messages = body['messages']
  if (!Array.isArray(messages)) throw new DemoError(400, "Missing required parameter: 'messages'", 'messages')
  const maxTokens = body['max_completion_tokens'] ?? body['max_tokens']
  const reply = composeReply(model, {
    whole: textOf(messages),
    last: lastUserText(messages),
    maxTokens,
    answer: composeStructured(body['response_format'], messages),
  })
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    created: now(),
    model: model.id,
    system_fingerprint: demoOwner,
  }
  if (body['stream'] === true) {
    await sendFrames(exchange, chatFrames(reply, head, exchange))
    return
  }
  await think(reply, gone)
  sendJson(exchange, wholeChat(reply, head), reply.usage.costUsd)
}

const now = () => Math.floor(Date.now() / 1000)
const finishOf = (reply: Reply) => (reply.cutShort ? 'length' : 'stop')

function wholeChat(reply: Reply, head: object) {
  const message = { role: 'assistant', content: reply.text }
  const choices = [{ index: 0, message, finish_reason: finishOf(reply) }]
  return { ...head, object: 'chat.completion', choices, usage: toChatUsage(reply.usage) }
}

async function* chatFrames(reply: Reply, head: object, { body, gone }: Exchange): AsyncGenerator<string> {
  const chunk = (delta: object, finish: string | null) => ({
    ...head,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })
  yield dataFrame(chunk({ role: 'assistant', content: '' }, null))
  for await (const content of speak(reply, gone)) yield dataFrame(chunk({ content }, null))
  yield dataFrame(chunk({}, finishOf(reply)))
  if (wantsUsage(body['stream_options'])) {
    const usage = { ...toChatUsage(reply.usage), cost: reply.usage.costUsd }
    // LiteLLM's last chunk has one choice with an empty delta, where OpenAI's has none.
    yield dataFrame({ ...chunk({}, null), choices: [{ index: 0, delta: {} }], usage })
  }
  yield doneFrame
}

/** Whether `stream_options` asks for the chunk with the usage figures. */
export const wantsUsage = (options: unknown) => isFields(options) && options['include_usage'] === true
