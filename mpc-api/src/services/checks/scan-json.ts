import { GatewayError } from '../../errors/gateway-error.ts'

/** More values than any real request has; each one costs memory many times its size on the wire. */
const MAX_VALUES = 2_000_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c

/**
 * Counts nesting and values of JSON text before it is parsed, so that a small body cannot become a huge tree. It does
 * not judge the syntax: the parser does.
 *
 * @param levelsAround outer levels that do not count, as of a frame around a body
 * @throws {GatewayError} BAD_REQUEST when the text nests deeper than `maxDepth` or holds too many values
 */
export function scanJson(bytes: Buffer, maxDepth: number, levelsAround = 0): void {
  let depth = -levelsAround
  let values = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    if (byte === QUOTE) {
      at = endOfString(bytes, at)
    } else if (byte === COMMA) {
      values += 1
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      values += 1
      if (depth > maxDepth) throw tooDeep(maxDepth)
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1
    }
    if (values > MAX_VALUES) throw tooMany()
  }
}

/** Index of the quote that closes the string opened at `start`; the last index when there is none. */
function endOfString(bytes: Buffer, start: number): number {
  let at = bytes.indexOf(QUOTE, start + 1)
  while (at !== -1 && isEscaped(bytes, at)) at = bytes.indexOf(QUOTE, at + 1)
  return at === -1 ? bytes.length : at
}

function isEscaped(bytes: Buffer, at: number): boolean {
  let backslashes = 0
  while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes += 1
  return backslashes % 2 === 1
}

function tooDeep(maxDepth: number): GatewayError {
  return new GatewayError(
    'BAD_REQUEST',
    `The JSON body nests deeper than ${maxDepth} levels (MPC_MAX_JSON_DEPTH).`,
  )
}

function tooMany(): GatewayError {
  return new GatewayError('BAD_REQUEST', `The JSON body has more than ${MAX_VALUES} values.`)
}
