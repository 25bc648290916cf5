import { parseJson } from '../protocol/parse-json.ts'
import { draftMetadata, draftScript, draftThumbnails } from './demo-drafts.ts'
import { type Fields, isFields } from './exchange.ts'
import { textOf } from './prompt-text.ts'
import { sampleOf } from './sample-schema.ts'

const drafts: Readonly<Record<string, (requirements: Fields, data: Fields, schema: Fields) => unknown>> = {
  script: draftScript,
  thumbnail_prompt: draftThumbnails,
  metadata: draftMetadata,
}

/**
 * Answers a request for structured output with JSON that is valid against its schema. For the content endpoints it
 * also keeps to the requirements of the prompt, so that their examples work; each text says that it is a demo.
 *
 * @returns undefined when no schema is asked for
 */
export function composeStructured(responseFormat: unknown, messages: readonly unknown[]): string | undefined {
  if (!isFields(responseFormat) || responseFormat['type'] !== 'json_schema') return undefined
  const format = responseFormat['json_schema']
  if (!isFields(format) || !isFields(format['schema'])) return undefined
  const prompt = messages.map(textOf).join('\n')
  const requirements = readJson(/^Requirements: (\{.*\})$/m.exec(prompt)?.[1])
  const data = readJson(/^<<<DATA \w+\n(.*)\nDATA \w+>>>$/m.exec(prompt)?.[1])
  const draft = drafts[String(format['name'])]
  const value =
    draft !== undefined && requirements !== undefined
      ? draft(requirements, data ?? {}, format['schema'])
      : sampleOf(format['schema'])
  return JSON.stringify(value)
}

function readJson(text: string | undefined): Fields | undefined {
  if (text === undefined) return undefined
  try {
    const value = parseJson(text)
    return isFields(value) ? value : undefined
  } catch {
    return undefined
  }
}
