import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../../errors/gateway-error.ts'
import { parseJson } from '../../protocol/parse-json.ts'
import { isObject } from '../../protocol/is-object.ts'
import { locateJsonError } from './locate-json-error.ts'
import { scanJson } from './scan-json.ts'

const LF = 0x0a

/**
 * Parses a request body that must be one JSON object in UTF-8.
 *
 * @param levelsAround outer levels that do not count towards `maxDepth`
 * @throws {GatewayError} BAD_REQUEST that says what is wrong, for broken JSON with its position
 */
export function parseJsonObject(body: Buffer, maxDepth: number, levelsAround = 0): Record<string, unknown> {
  if (body.length === 0) throw refusal('The request body is empty; it must be a JSON object.')
  if (!isUtf8(body)) throw refusal('The request body is not valid UTF-8.')
  scanJson(body, maxDepth, levelsAround)
  const value = parse(body.toString())
  if (!isObject(value)) throw refusal(`The request body must be a JSON object, not ${nameOf(value)}.`)
  return value
}

function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    const position = locateJsonError(text)
    const { line, column } = placeOf(text, position)
    throw new GatewayError(
      'BAD_REQUEST',
      `The request body is not valid JSON: ${position >= text.length ? 'it ends too early' : 'unexpected character'} at position ${position} (line ${line}, column ${column}).`,
      { details: { position, line, column } },
    )
  }
}

/** Counts from 1. Copies nothing: a body may be line ends and no more. */
function placeOf(text: string, position: number): { line: number; column: number } {
  let line = 1
  let lineStart = 0
  for (let at = 0; at < position; at += 1) {
    if (text.charCodeAt(at) !== LF) continue
    line += 1
    lineStart = at + 1
  }
  return { line, column: position - lineStart + 1 }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}

function refusal(message: string): GatewayError {
  return new GatewayError('BAD_REQUEST', message)
}
