/** A request as it is to be sent. */
export interface OutgoingRequest {
  method: 'GET' | 'POST' | 'DELETE'
  /** Path and query. */
  path: string
  /** A flat list of names and values. The client adds `host`, and what frames the body unless `content-length` is given. */
  headers: readonly string[]
  body: RequestBody
}

/** A stream is read no faster than it is sent. */
export type RequestBody = Buffer | AsyncIterable<Uint8Array> | null

/** How the end of a request's body is marked; `undefined` when it has none. */
export type BodyFraming = number | 'chunked' | undefined

/** The text of a request before its body, and how the body is to be framed. */
export interface RequestHead {
  text: string
  framing: BodyFraming
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const NO_FIELD_TEXT = /[^\t\x20-\x7e\x80-\xff]/
const PATH = /^[\x21-\x7e]+$/
/** A digit more would not be exact. */
const LENGTH = /^\d{1,15}$/

/**
 * Writes the head of a request (RFC 9112 §3).
 *
 * @param host value of the Host field
 * @throws {TypeError} when a part of it would break out of its place
 */
export function writeRequestHead(
  { method, path, headers, body }: OutgoingRequest,
  host: string,
): RequestHead {
  if (!PATH.test(path)) throw new TypeError('the path of a request has a character that must be escaped')
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`
  let announced: number | undefined
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] as string
    const value = headers[at + 1] as string
    const kind = kindOf(name)
    if (kind === 'none' || NO_FIELD_TEXT.test(value)) throw new TypeError(`the header ${name} cannot be sent`)
    if (kind === 'length') announced = readLength(name, value, announced)
    text += `${name}: ${value}\r\n`
  }
  refuseOtherLength(announced, body)
  const framing = announced ?? framingOf(method, body)
  if (framing === 'chunked') text += 'transfer-encoding: chunked\r\n'
  else if (announced === undefined && framing !== undefined) text += `content-length: ${framing}\r\n`
  return { text: `${text}\r\n`, framing }
}

const LENGTH_FIELD = /^content-length$/i
/** How a body is cut into chunks is the client's own affair. */
const OWN_FIELD = /^transfer-encoding$/i

/** Hot path: requests have the same few names, so what was found of them is kept, up to a bound. */
const MAX_KNOWN_NAMES = 500
const kinds = new Map<string, FieldKind>()
type FieldKind = 'plain' | 'length' | 'none'

function kindOf(name: string): FieldKind {
  const known = kinds.get(name)
  if (known !== undefined) return known
  const maySend = TOKEN.test(name) && !OWN_FIELD.test(name)
  const kind = !maySend ? 'none' : LENGTH_FIELD.test(name) ? 'length' : 'plain'
  if (kinds.size < MAX_KNOWN_NAMES && name.length < 100) kinds.set(name, kind)
  return kind
}

/** What a request says of its body must be true, or the server reads what is missing out of the next request. */
function readLength(name: string, value: string, earlier: number | undefined): number {
  if (earlier !== undefined || !LENGTH.test(value))
    throw new TypeError(`the header ${name} cannot be sent: it would misstate the body`)
  return Number(value)
}

function refuseOtherLength(announced: number | undefined, body: RequestBody): void {
  if (announced === undefined || (body !== null && !Buffer.isBuffer(body))) return
  if (announced !== (body?.length ?? 0))
    throw new TypeError('the body of a request has another length than announced')
}

/** RFC 9110 §8.6: a POST says also that it has no body. */
function framingOf(method: OutgoingRequest['method'], body: RequestBody): BodyFraming {
  if (body === null) return method === 'POST' ? 0 : undefined
  return Buffer.isBuffer(body) ? body.length : 'chunked'
}
