/** One HTTP answer read off a socket. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Decoded from chunks where it came in chunks. */
  readonly body: Buffer
  /** Whether its framing says that it is whole: the full content-length, or the final chunk. */
  readonly complete: boolean
}

/** Reads all answers in the bytes of one connection; the last may be incomplete. */
export function readAnswers(bytes: Buffer, connectionClosed: boolean): RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = bytes
  for (let end = rest.indexOf('\r\n\r\n'); end >= 0; end = rest.indexOf('\r\n\r\n')) {
    const head = readHead(rest.toString('latin1', 0, end))
    const { body, complete, used } = readBody(head, rest.subarray(end + 4), connectionClosed)
    answers.push({ ...head, body, complete })
    if (!complete) break
    rest = rest.subarray(end + 4 + used)
  }
  return answers
}

function readHead(text: string): { status: number; headers: Record<string, string> } {
  const [start = '', ...lines] = text.split('\r\n')
  const headers = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
  })
  return { status: Number(start.split(' ')[1]), headers: Object.fromEntries(headers) }
}

function readBody(head: { status: number; headers: Record<string, string> }, rest: Buffer, closed: boolean) {
  if (head.status < 200 || head.status === 204) return { body: Buffer.alloc(0), complete: true, used: 0 }
  if (head.headers['transfer-encoding'] === 'chunked') return readChunks(rest)
  const length = head.headers['content-length']
  if (length === undefined) return { body: rest, complete: closed, used: rest.length }
  const body = rest.subarray(0, Number(length))
  return { body, complete: body.length === Number(length), used: body.length }
}

function readChunks(bytes: Buffer): { body: Buffer; complete: boolean; used: number } {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = lineEnd < 0 ? NaN : Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    const chunkEnd = lineEnd + 2 + size
    const whole = chunkEnd + 2 <= bytes.length
    if (Number.isNaN(size) || (!whole && size === 0))
      return { body: Buffer.concat(chunks), complete: false, used: at }
    chunks.push(bytes.subarray(lineEnd + 2, chunkEnd))
    if (!whole) return { body: Buffer.concat(chunks), complete: false, used: at }
    at = chunkEnd + 2
    if (size === 0) return { body: Buffer.concat(chunks), complete: true, used: at }
  }
}
