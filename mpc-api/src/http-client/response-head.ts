import { broken } from './client-errors.ts'
import { HeaderFields } from './header-fields.ts'

/** The start of a response, and what it says of the rest. */
export interface ResponseHead {
  status: number
  headers: HeaderFields
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
  const headers = new HeaderFields(text)
  const status = Number(text.slice(STATUS_AT, STATUS_AT + 3))
  const isOld = text[VERSION_AT] === '0'
  return {
    status,
    headers,
    framing: readFraming(status, isOld, headers),
    keepAliveMs: readKeepAlive(isOld, headers),
  }
}

/** RFC 9112 §6.3. What is framed twice, or differently each time, is how responses are smuggled. */
function readFraming(status: number, isOld: boolean, headers: HeaderFields): ResponseHead['framing'] {
  if (status < 200 || status === 204 || status === 304) return 0
  const coding = headers.joined('transfer-encoding')
  const length = headers.joined('content-length')
  if (coding !== undefined) {
    if (length !== undefined || isOld || coding.toLowerCase() !== 'chunked') {
      throw broken('a transfer-encoding that cannot be trusted')
    }
    return 'chunked'
  }
  if (length === undefined) return 'close'
  if (!LENGTH.test(length)) throw broken('a malformed content-length')
  return Number(length)
}

/** RFC 9112 §9.3: whole members of a list, and `close` is looked for first. */
const CLOSES = /(?:^|,)[ \t]*close[ \t]*(?:,|$)/i
const STAYS = /(?:^|,)[ \t]*keep-alive[ \t]*(?:,|$)/i

function readKeepAlive(isOld: boolean, headers: HeaderFields): number {
  const connection = headers.joined('connection') ?? ''
  if (CLOSES.test(connection) || (isOld && !STAYS.test(connection))) return 0
  const hint = headers.joined('keep-alive')
  if (hint === undefined) return Infinity
  const seconds = /\btimeout=(\d{1,9})\b/i.exec(hint)?.[1]
  return seconds === undefined ? Infinity : Number(seconds) * 1000
}
