import { parseJson } from '../../protocol/parse-json.ts'
import { type Job, type Reading } from './generation-kind.ts'

/** Reads what a model wrote as the JSON that was asked for, and nothing else. */
export function readAnswer(text: string, job: Job): Reading {
  if (text.trim() === '') return wrong('is empty')
  const value = parse(text)
  if (value.ok) return job.read(value.json)
  return wrong(describeText(text))
}

function parse(text: string): { ok: true; json: unknown } | { ok: false } {
  try {
    return { ok: true, json: parseJson(text) }
  } catch {
    return { ok: false }
  }
}

/** Says why a text is no JSON, in a way that a model can act on. */
function describeText(text: string): string {
  const trimmed = text.trim()
  if (/^(?:```|~~~)/.test(trimmed)) return 'is inside a code fence; it must be bare JSON'
  if (!trimmed.startsWith('{')) {
    return trimmed.includes('{') ? 'has words before the JSON' : 'is not JSON but text'
  }
  const end = endOfObject(trimmed)
  if (end === undefined) return 'is JSON that ends before it is complete'
  return parse(trimmed.slice(0, end)).ok ? 'has words after the JSON' : 'is not valid JSON'
}

/** Index after the brace that closes the first object; undefined when none does. */
function endOfObject(text: string): number | undefined {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at += 1
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '{') depth += 1
    else if (character === '}') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return undefined
}

function wrong(message: string): Reading {
  return { ok: false, problems: [{ path: '', message }] }
}
