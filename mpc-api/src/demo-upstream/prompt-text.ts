import { isFields } from './exchange.ts'

/** The words in a message's content, a Responses `input` or a system prompt: a string, or parts with a `text`. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (Array.isArray(content)) return content.map(textOf).join(' ').trim()
  if (!isFields(content)) return ''
  return textOf(content['text'] ?? content['content'])
}

/** The last thing a user said in a list of messages; whatever is no list of messages counts as said by the user. */
export function lastUserText(messages: unknown): string {
  if (!Array.isArray(messages)) return textOf(messages)
  const last: unknown = messages.findLast(
    (message) => !isFields(message) || (message['role'] ?? 'user') === 'user',
  )
  return textOf(last)
}
