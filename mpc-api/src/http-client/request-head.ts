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
const NO_PATH = /[^\x21-\x7e]/

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
  if (NO_PATH.test(path)) throw new TypeError('the path of a request has a character that must be escaped')
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`
  let announced: number | undefined
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] as string
    const value = headers[at + 1] as string
    if (!TOKEN.test(name) || NO_FIELD_TEXT.test(value))
      throw new TypeError(`the header ${name} cannot be sent`)
    if (name === 'content-length') announced = Number(value)
    text += `${name}: ${value}\r\n`
  }
  const framing = announced ?? framingOf(method, body)
  if (framing === 'chunked') text += 'transfer-encoding: chunked\r\n'
  else if (announced === undefined && framing !== undefined) text += `content-length: ${framing}\r\n`
  return { text: `${text}\r\n`, framing }
}

/** RFC 9110 §8.6: a POST says also that it has no body. */
function framingOf(method: OutgoingRequest['method'], body: RequestBody): BodyFraming {
  if (body === null) return method === 'POST' ? 0 : undefined
  return Buffer.isBuffer(body) ? body.length : 'chunked'
}
