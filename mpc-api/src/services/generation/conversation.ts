import { createHash } from 'node:crypto'
import { type Job } from './generation-kind.ts'
import { type Problem } from './problem.ts'
import { fill, type PromptLibrary, type PromptName } from './prompt-library.ts'

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** More of a broken answer is not shown to the model again, in UTF-16 units. */
const LONGEST_QUOTE = 60_000
const MOST_PROBLEMS = 20

/**
 * The first messages of a generation. What the caller wrote stands in one place alone, as JSON between marks that it
 * cannot contain: they are made from its hash. The same request makes the same bytes, so that caches can work.
 *
 * The schema is always said in words too: a LiteLLM that drops parameters does not say when a model cannot be held to
 * one. It costs some hundred tokens that providers cache, and saves a second turn.
 */
export function openConversation(job: Job, prompts: PromptLibrary): ChatMessage[] {
  const data = toInertJson(job.data)
  const rules = prompts.get(job.kind as PromptName).text
  const schema = fill(prompts.get('schema'), { schema: JSON.stringify(job.schema) })
  const request = fill(prompts.get('request'), {
    requirements: JSON.stringify(job.requirements),
    mark: createHash('sha256').update(data).digest('hex').slice(0, 16),
    data,
  })
  return [
    { role: 'system', content: `${rules}\n\n${schema}` },
    { role: 'user', content: request },
  ]
}

/** The two messages that show a model what was wrong with its answer. */
export function askForRepair(
  prompts: PromptLibrary,
  answer: string,
  problems: readonly Problem[],
): ChatMessage[] {
  const listed = problems
    .slice(0, MOST_PROBLEMS)
    .map(({ path, message }) => `- ${path || 'the answer'}: ${message}`)
  const more = problems.length - listed.length
  if (more > 0) listed.push(`- and ${more} more of the kind`)
  return [
    { role: 'assistant', content: answer.slice(0, LONGEST_QUOTE) },
    { role: 'user', content: fill(prompts.get('repair'), { problems: listed.join('\n') }) },
  ]
}

/** JSON on one line, in which nothing can look like the end of a mark or a tag. */
function toInertJson(data: Record<string, unknown>): string {
  return JSON.stringify(data).replace(
    /[<>\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
