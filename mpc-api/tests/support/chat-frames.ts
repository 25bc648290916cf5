import { type Behaviour } from './upstream-stub.ts'
import { json, stream } from './upstream-behaviours.ts'

const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_767_225_600, model: 'scripted' }

export const frame = (payload: unknown) => `data: ${JSON.stringify(payload)}\n\n`

export const textFrame = (content: string) =>
  frame({ ...head, choices: [{ index: 0, delta: { content }, finish_reason: null }] })

export const finishFrame = frame({ ...head, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })

export const usage = {
  prompt_tokens: 11,
  completion_tokens: 7,
  total_tokens: 18,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
}

/** LiteLLM's last chunk: a choice with an empty delta, usage, and the cost in it. */
export const usageFrame = frame({
  ...head,
  choices: [{ index: 0, delta: {} }],
  usage: { ...usage, cost: 0.000123 },
})

/** OpenAI's last chunk: no choices. */
export const openAiUsageFrame = frame({ ...head, choices: [], usage })

export const doneFrame = 'data: [DONE]\n\n'

/** The frames of an ordinary streamed answer, without usage. */
export const chatFrames = (...words: string[]) => [...words.map(textFrame), finishFrame, doneFrame]

export const wholeChat = (content = 'Hello') => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_767_225_600,
  model: 'scripted',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage,
})

export const chatAnswer = (content?: string): Behaviour => json(wholeChat(content))

/** Streams to a caller that asked for a stream, and answers whole to one that did not, as LiteLLM does. */
export const eitherChat: Behaviour = async (exchange) => {
  await exchange.bodyRead
  const asked = JSON.parse(exchange.request.body.toString()) as { stream?: boolean }
  await (asked.stream ? stream(chatFrames('Hel', 'lo')) : chatAnswer('Hello'))(exchange)
}
