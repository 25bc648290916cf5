import { randomUUID } from 'node:crypto'
import { DemoError } from './demo-error.ts'
import { findDemoModel } from './demo-models.ts'
import { eventFrame, type Exchange, sendFrames, sendJson } from './exchange.ts'
import { lastUserText, textOf } from './prompt-text.ts'
import { composeReply, type Reply, speak, think } from './reply.ts'
import { toMessagesUsage } from './usage.ts'

/** `POST /v1/messages`, whole or streamed: Anthropic's shapes. */
export async function answerMessage(exchange: Exchange): Promise<void> {
  const { body, gone } = exchange
  const model = findDemoModel(body['model'], 'chat')
  const messages = body['messages']
  if (!Array.isArray(messages)) throw new DemoError(400, "Missing required parameter: 'messages'", 'messages')
  const whole = `${textOf(body['system'])} ${textOf(messages)}`
  const reply = composeReply(model, { whole, last: lastUserText(messages), maxTokens: body['max_tokens'] })
  const head = { id: `msg_${randomUUID()}`, type: 'message', role: 'assistant', model: model.id }
  if (body['stream'] === true) {
    await sendFrames(exchange, messageFrames(reply, head, gone))
    return
  }
  await think(reply, gone)
  sendJson(exchange, wholeMessage(reply, head), reply.usage.costUsd)
}

const stopOf = (reply: Reply) => ({
  stop_reason: reply.cutShort ? 'max_tokens' : 'end_turn',
  stop_sequence: null,
})

const wholeMessage = (reply: Reply, head: object) => ({
  ...head,
  content: [{ type: 'text', text: reply.text }],
  ...stopOf(reply),
  usage: toMessagesUsage(reply.usage),
})

async function* messageFrames(reply: Reply, head: object, gone: AbortSignal): AsyncGenerator<string> {
  const frame = (type: string, fields: object) => eventFrame({ type, ...fields })
  const start = { ...toMessagesUsage(reply.usage), output_tokens: 1 }
  const unfinished = { ...head, content: [], stop_reason: null, stop_sequence: null, usage: start }

  yield frame('message_start', { message: unfinished })
  yield frame('content_block_start', { index: 0, content_block: { type: 'text', text: '' } })
  yield frame('ping', {})
  for await (const text of speak(reply, gone)) {
    yield frame('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
  }
  yield frame('content_block_stop', { index: 0 })
  const usage = { ...toMessagesUsage(reply.usage), cost: reply.usage.costUsd }
  yield frame('message_delta', { delta: stopOf(reply), usage })
  yield frame('message_stop', {})
}
