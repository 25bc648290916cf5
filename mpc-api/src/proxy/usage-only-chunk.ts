import { isObject } from '../protocol/is-object.ts'

/**
 * True for the chunk that `include_usage` adds to a chat or completion stream. OpenAI sends it with `choices: []`,
 * LiteLLM 1.106 with one choice whose delta is empty; a chunk with content or a finish reason is never one.
 */
export function carriesOnlyUsage(chunk: Record<string, unknown>): boolean {
  const choices = chunk['choices']
  return Array.isArray(choices) && choices.every(isEmptyChoice)
}

function isEmptyChoice(choice: unknown): boolean {
  if (!isObject(choice) || isPresent(choice['finish_reason']) || isPresent(choice['text'])) return false
  const delta = choice['delta']
  return !isObject(delta) || Object.values(delta).every((value) => !isPresent(value))
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}
