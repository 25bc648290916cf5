import http, { type ServerResponse, STATUS_CODES } from 'node:http'
import { Socket } from 'node:net'

/** Bytes of an answer; a text is Latin-1, each character a byte. */
export type AnswerPiece = Buffer | string

/** Longer than any client keeps an idle connection, so that the client closes first and no request is lost. */
export const KEEP_ALIVE_MS = 75_000

/** Where Node keeps the head of an answer, and the way by which its own `write` and `end` send. */
interface NodeResponse {
  _header: string
  _send(text: string, encoding: 'latin1'): boolean
}

/** A Node that keeps heads elsewhere is given them by `writeHead`. */
const takesHeads = lookAtNode()

/**
 * True for an answer that `sendAsText` can send: with a body, on a connection that stays open, and without headers that
 * a stage has set on the response.
 */
export function goesAsText(res: ServerResponse, status: number, headers: readonly string[]): boolean {
  return (
    takesHeads &&
    res.shouldKeepAlive &&
    status >= 200 &&
    status !== 204 &&
    status !== 304 &&
    res.req.method !== 'HEAD' &&
    res.getHeaderNames().length === 0 &&
    !headers.includes('connection')
  )
}

/**
 * Sends head and body of an answer as one text, in one write. Hot path: Node looks at each header with two patterns, also
 * at those that are the same each time, and sends what `end` is given together with an empty piece by the longer way that
 * several pieces take. That is a tenth of a whole answer's CPU time (docs/performance.md).
 *
 * @param constant fields that are known to be sound, as text
 * @param headers a flat list of names and values, `content-length` among them
 * @param body as Latin-1: every byte is a character and back
 * @throws {TypeError} when a header would break out of its line
 */
export function sendAsText(
  res: ServerResponse,
  status: number,
  fields: { constant: string; headers: readonly string[] },
  body: string,
): void {
  const { constant, headers } = fields
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n${constant}`
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const value = headers[at + 1] as string
    if (NO_FIELD_TEXT.test(value)) throw new TypeError(`the header ${headers[at] ?? ''} cannot be sent`)
    head += `${headers[at] ?? ''}: ${value}\r\n`
  }
  const response = res as unknown as NodeResponse
  res.statusCode = status
  response._header = `${head}Date: ${httpDate()}\r\n${STAYS_OPEN}\r\n`
  response._send(body, 'latin1')
  res.end()
}

/**
 * True for a piece that `writeAsText` can send: of a chunked answer whose head was written, and behind nothing that this
 * response holds back for the rest of the turn.
 */
export function isWrittenAsText(res: ServerResponse, piece: AnswerPiece): boolean {
  return (
    takesHeads &&
    piece.length > 0 &&
    res.chunkedEncoding &&
    !res.writableEnded &&
    !res.destroyed &&
    res.writableCorked === 0
  )
}

/**
 * Sends a piece of a chunked answer as one text, in one write. Hot path: Node makes four pieces of it, which it gathers at
 * the end of the turn. That is a twelfth of the CPU time of a chunk (docs/performance.md, "Streams as text").
 *
 * @returns false when the client does not keep up: 'drain' follows
 */
export function writeAsText(res: ServerResponse, piece: AnswerPiece): boolean {
  const bytes = typeof piece === 'string' ? piece : piece.toString('latin1')
  const text = `${bytes.length.toString(16)}\r\n${bytes}\r\n`
  // Node tells of the drain when its own `write` has been told to wait.
  return (res as unknown as NodeResponse)._send(text, 'latin1') || res.write('')
}

const NO_FIELD_TEXT = /[^\t\x20-\x7e\x80-\xff]/
const STAYS_OPEN = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1000}\r\n`

let date = ''
let dateEndsAt = 0

/** The time as HTTP writes it (RFC 9110 §5.6.7), made once a second. */
function httpDate(): string {
  const now = Date.now()
  if (now < dateEndsAt && now >= dateEndsAt - 1000) return date
  date = new Date(now).toUTCString()
  dateEndsAt = now - (now % 1000) + 1000
  return date
}

/** True when this Node sends a text behind the head that it keeps, in one piece, and the next as it is. */
function lookAtNode(): boolean {
  const res = new http.ServerResponse(new http.IncomingMessage(new Socket()))
  res.writeHead(200, ['x-probe', '1'])
  const node = res as unknown as NodeResponse & { outputData?: { data: unknown }[] }
  try {
    const head = node._header
    node._send('body', 'latin1')
    node._send('more', 'latin1')
    const sent = node.outputData?.map(({ data }) => data) ?? []
    return (
      head.startsWith('HTTP/1.1 200 OK\r\nx-probe: 1\r\n') && sent[0] === `${head}body` && sent[1] === 'more'
    )
  } catch {
    return false
  }
}
