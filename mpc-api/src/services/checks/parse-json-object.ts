import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../../errors/gateway-error.ts'
import { parseJson } from '../../protocol/parse-json.ts'
import { isObject } from '../../protocol/token-usage.ts'
import { locateJsonError } from './locate-json-error.ts'
import { scanJson } from './scan-json.ts'

/**
 * Parses a request body that must be one JSON object in UTF-8.
 *
 * @throws {GatewayError} BAD_REQUEST that says what is wrong, for broken JSON with its position
 */
export function parseJsonObject(body: Buffer, maxDepth: number): Record<string, unknown> {
  if (body.length === 0) throw refusal('The request body is empty; it must be a JSON object.')
  if (!isUtf8(body)) throw refusal('The request body is not valid UTF-8.')
  scanJson(body, maxDepth)
  const value = parse(body.toString())
  if (!isObject(value)) throw refusal(`The request body must be a JSON object, not ${nameOf(value)}.`)
  return value
}

function parse(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    const position = locateJsonError(text)
    const lines = text.slice(0, position).split('\n')
    const column = (lines.at(-1)?.length ?? 0) + 1
    throw new GatewayError(
      'BAD_REQUEST',
      `The request body is not valid JSON: ${position >= text.length ? 'it ends too early' : 'unexpected character'} at position ${position} (line ${lines.length}, column ${column}).`,
      { details: { position, line: lines.length, column } },
    )
  }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`
}

function refusal(message: string): GatewayError {
  return new GatewayError('BAD_REQUEST', message)
}
