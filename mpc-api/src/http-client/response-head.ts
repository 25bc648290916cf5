import { type IncomingHttpHeaders } from 'node:http'
import { broken } from './client-errors.ts'

/** The start of a response, and what it says of the rest. */
export interface ResponseHead {
  status: number
  /** By lower-case name; a list for a field that came more than once. */
  headers: IncomingHttpHeaders
  /** How the end of the body is found: after so many bytes, by its last chunk, or by the end of the connection. */
  framing: number | 'chunked' | 'close'
  /** How long the connection may stay idle afterwards, in ms: 0 when it ends, Infinity when the server does not say. */
  keepAliveMs: number
}

/**
 * Status line and fields in the grammar of RFC 9112, without the blank line. It knows no folded lines and no bare CR or
 * LF, which servers read differently. Hot path: one pattern for all of it, so that what follows may just cut.
 */
const HEAD =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/
const VERSION_AT = 7
const STATUS_AT = 9

/** A digit more would not be exact. */
const LENGTH = /^\d{1,15}$/

/**
 * Reads the head of a response.
 *
 * @param text as Latin-1, without the blank line that ends it
 * @throws {ResponseError} when it is malformed, or says in two ways where its body ends
 */
export function readResponseHead(text: string): ResponseHead {
  if (!HEAD.test(text)) throw broken('a malformed head')
  const headers = readHeaders(text)
  const status = Number(text.slice(STATUS_AT, STATUS_AT + 3))
  const isOld = text[VERSION_AT] === '0'
  return {
    status,
    headers,
    framing: readFraming(status, isOld, headers),
    keepAliveMs: readKeepAlive(isOld, headers),
  }
}

/**
 * Without a prototype, so that no field's name means anything but the field: `constructor`, `__proto__`. Objects of a class
 * stay fast, those of `Object.create(null)` do not.
 */
class Fields {
  [name: string]: string | string[] | undefined
}
Reflect.deleteProperty(Fields.prototype, 'constructor')
Object.setPrototypeOf(Fields.prototype, null)

function readHeaders(text: string): Fields {
  const headers = new Fields()
  let end = text.indexOf('\r\n')
  while (end !== -1) {
    const start = end + 2
    const colon = text.indexOf(':', start)
    end = text.indexOf('\r\n', start)
    const name = text.slice(start, colon).toLowerCase()
    const value = withoutBlanks(text, colon + 1, end === -1 ? text.length : end)
    const earlier = headers[name]
    headers[name] = earlier === undefined ? value : [earlier, value].flat()
  }
  return headers
}

/** Only blanks and tabs surround a value (RFC 9110 §5.5): to `trim` a no-break space is blank, too. */
function withoutBlanks(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text.charCodeAt(start))) start += 1
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** RFC 9112 §6.3. What is framed twice, or differently each time, is how responses are smuggled. */
function readFraming(status: number, isOld: boolean, headers: Fields): ResponseHead['framing'] {
  if (status < 200 || status === 204 || status === 304) return 0
  const coding = headers['transfer-encoding']
  const length = headers['content-length']
  if (coding !== undefined) {
    if (length !== undefined || isOld || String(coding).toLowerCase() !== 'chunked') {
      throw broken('a transfer-encoding that cannot be trusted')
    }
    return 'chunked'
  }
  if (length === undefined) return 'close'
  if (typeof length !== 'string' || !LENGTH.test(length)) throw broken('a malformed content-length')
  return Number(length)
}

/** RFC 9112 §9.3: whole members of a list, and `close` is looked for first. */
const CLOSES = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i
const STAYS = /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/i

function readKeepAlive(isOld: boolean, headers: Fields): number {
  const connection = String(headers['connection'] ?? '')
  if (CLOSES.test(connection) || (isOld && !STAYS.test(connection))) return 0
  const hint = headers['keep-alive']
  if (hint === undefined) return Infinity
  const seconds = /\btimeout=(\d{1,9})\b/i.exec(String(hint))?.[1]
  return seconds === undefined ? Infinity : Number(seconds) * 1000
}
