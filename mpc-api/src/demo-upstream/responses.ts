import { randomUUID } from 'node:crypto'
import { DemoError } from './demo-error.ts'
import { findDemoModel } from './demo-models.ts'
import { eventFrame, type Exchange, type Fields, sendFrames, sendJson } from './exchange.ts'
import { lastUserText, textOf } from './prompt-text.ts'
import { composeReply, type Reply, speak, think } from './reply.ts'
import { toResponsesUsage } from './usage.ts'

/** `POST /responses`, whole or streamed. */
export async function answerResponse(exchange: Exchange): Promise<void> {
  const { body, gone } = exchange
  const model = findDemoModel(body['model'], 'chat')
  const input = body['input']
  if (input === undefined) throw new DemoError(400, "Missing required parameter: 'input'", 'input')
  const whole = `${textOf(body['instructions'])} ${textOf(input)}`
  const reply = composeReply(model, {
    whole,
    last: lastUserText(input),
    maxTokens: body['max_output_tokens'],
  })
  const head = headOf(body, model.id)
  if (body['stream'] === true) {
    await sendFrames(exchange, responseFrames(reply, head, gone))
    return
  }
  await think(reply, gone)
  sendJson(exchange, finished(reply, head, messageOf(reply.text, reply)), reply.usage.costUsd)
}

const headOf = (body: Fields, model: string) => ({
  id: `resp_${randomUUID()}`,
  object: 'response',
  created_at: Math.floor(Date.now() / 1000),
  model,
  instructions: body['instructions'] ?? null,
  max_output_tokens: body['max_output_tokens'] ?? null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  error: null,
})

const partOf = (text: string) => ({ type: 'output_text', text, annotations: [] })
const statusOf = (reply: Reply) => (reply.cutShort ? 'incomplete' : 'completed')

const messageOf = (text: string, reply: Reply, id = `msg_${randomUUID()}`) => ({
  id,
  type: 'message',
  status: statusOf(reply),
  role: 'assistant',
  content: [partOf(text)],
})

const unfinished = (head: object) => ({
  ...head,
  status: 'in_progress',
  incomplete_details: null,
  output: [],
  usage: null,
})

const finished = (reply: Reply, head: object, message: object) => ({
  ...head,
  status: statusOf(reply),
  incomplete_details: reply.cutShort ? { reason: 'max_output_tokens' } : null,
  output: [message],
  usage: { ...toResponsesUsage(reply.usage), cost: reply.usage.costUsd },
})

async function* responseFrames(reply: Reply, head: object, gone: AbortSignal): AsyncGenerator<string> {
  let number = 0
  const frame = (type: string, fields: object) => {
    const event = { type, sequence_number: number++, ...fields }
    return eventFrame(event)
  }
  const item_id = `msg_${randomUUID()}`
  const place = { item_id, output_index: 0, content_index: 0 }
  const message = messageOf(reply.text, reply, item_id)
  const empty = { ...message, status: 'in_progress', content: [] }

  yield frame('response.created', { response: unfinished(head) })
  yield frame('response.in_progress', { response: unfinished(head) })
  yield frame('response.output_item.added', { output_index: 0, item: empty })
  yield frame('response.content_part.added', { ...place, part: partOf('') })
  for await (const delta of speak(reply, gone)) {
    yield frame('response.output_text.delta', { ...place, delta, logprobs: [] })
  }
  yield frame('response.output_text.done', { ...place, text: reply.text, logprobs: [] })
  yield frame('response.content_part.done', { ...place, part: partOf(reply.text) })
  yield frame('response.output_item.done', { output_index: 0, item: message })
  yield frame(`response.${statusOf(reply)}`, { response: finished(reply, head, message) })
}
