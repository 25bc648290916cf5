/** What came on a connection that the server then closed, read slowly and plainly by RFC 9112. */
export interface PlainResponse {
  status: number
  /** By lower-case name, in the order in which the names came first. */
  headers: Record<string, string | string[]>
  body: string
  /** How many characters belong to it, with those before it that only inform. */
  length: number
  /** False when only the end of the connection ends it. */
  isFramed: boolean
  /** Whether the server says, or implies, that the connection ends with it. */
  closes: boolean
}

const TOKEN_CHARACTERS = new Set(
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
)
const HEX_DIGITS = new Set('0123456789abcdefABCDEF')
const MAX_SIZE_LINE = 1024
const MAX_SIZE_DIGITS = 12
const MAX_LENGTH_DIGITS = 15

type Framing = number | 'chunked' | 'close'

class Unsound extends Error {}

/**
 * @param text as Latin-1
 * @returns undefined when it is no sound response, or not whole
 */
export function readPlainly(text: string): PlainResponse | undefined {
  try {
    return readFrom(text, 0)
  } catch (problem) {
    if (problem instanceof Unsound) return undefined
    throw problem
  }
}

function readFrom(text: string, start: number): PlainResponse {
  const end = text.indexOf('\r\n\r\n', start)
  must(end !== -1)
  const [first = '', ...lines] = text.slice(start, end).split('\r\n')
  const { version, status } = readStatusLine(first)
  const headers = readFields(lines)
  const bodyStart = end + 4
  must(status !== 101)
  if (status < 200) {
    readFraming(status, version, headers)
    return readFrom(text, bodyStart)
  }
  const framing = readFraming(status, version, headers)
  const { body, length } = readBody(text.slice(bodyStart), framing)
  const isFramed = framing !== 'close'
  const closes = doesClose(version, headers)
  return { status, headers: Object.fromEntries(headers), body, length: bodyStart + length, isFramed, closes }
}

function readStatusLine(line: string): { version: string; status: number } {
  const [version = '', status = '', ...reason] = line.split(' ')
  must(version === 'HTTP/1.1' || version === 'HTTP/1.0')
  must(status.length === 3 && every(status, isDigit) && !status.startsWith('0'))
  must(isFieldText(reason.join(' ')))
  return { version, status: Number(status) }
}

function readFields(lines: readonly string[]): Map<string, string | string[]> {
  const fields = new Map<string, string | string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    must(colon > 0)
    const name = line.slice(0, colon)
    const value = withoutBlanks(line.slice(colon + 1))
    must(every(name, (character) => TOKEN_CHARACTERS.has(character)) && isFieldText(value))
    const key = name.toLowerCase()
    const earlier = fields.get(key)
    fields.set(key, earlier === undefined ? value : [earlier, value].flat())
  }
  return fields
}

function readFraming(status: number, version: string, headers: Map<string, string | string[]>): Framing {
  const coding = headers.get('transfer-encoding')
  const length = headers.get('content-length')
  if (status < 200 || status === 204 || status === 304) return 0
  if (coding === undefined && length === undefined) return 'close'
  if (coding === undefined) {
    must(typeof length === 'string' && length !== '' && length.length <= MAX_LENGTH_DIGITS)
    must(every(length, isDigit))
    return Number(length)
  }
  must(length === undefined && version === 'HTTP/1.1')
  must(typeof coding === 'string' && coding.toLowerCase() === 'chunked')
  return 'chunked'
}

function readBody(rest: string, framing: Framing): { body: string; length: number } {
  if (framing === 'close') return { body: rest, length: rest.length }
  if (framing === 'chunked') return readChunks(rest)
  must(rest.length >= framing)
  return { body: rest.slice(0, framing), length: framing }
}

function readChunks(rest: string): { body: string; length: number } {
  let body = ''
  for (let at = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at)
    must(lineEnd !== -1)
    const size = readSize(rest.slice(at, lineEnd))
    at = lineEnd + 2
    if (size === 0) return { body, length: readTrailers(rest, at) }
    must(rest.slice(at + size, at + size + 2) === '\r\n')
    body += rest.slice(at, at + size)
    at += size + 2
  }
}

function readSize(line: string): number {
  must(line.length <= MAX_SIZE_LINE)
  let digits = 0
  while (HEX_DIGITS.has(line.charAt(digits))) digits += 1
  must(digits > 0 && digits <= MAX_SIZE_DIGITS)
  const extension = line.slice(digits)
  must(isFieldText(extension) && (extension === '' || withoutBlanks(extension).startsWith(';')))
  return Number.parseInt(line.slice(0, digits), 16)
}

/** @returns where they end */
function readTrailers(rest: string, start: number): number {
  if (rest.slice(start, start + 2) === '\r\n') return start + 2
  const end = rest.indexOf('\r\n\r\n', start)
  must(end !== -1)
  readFields(rest.slice(start, end).split('\r\n'))
  return end + 4
}

function doesClose(version: string, headers: Map<string, string | string[]>): boolean {
  const said = [headers.get('connection') ?? []].flat().join(',').split(',')
  const options = said.map((option) => withoutBlanks(option).toLowerCase())
  return options.includes('close') || (version === 'HTTP/1.0' && !options.includes('keep-alive'))
}

function every(text: string, isAllowed: (character: string) => boolean): boolean {
  return Array.from(text).every(isAllowed)
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9'
}

function isFieldText(text: string): boolean {
  return every(text, (character) => character === '\t' || (character >= ' ' && character !== '\x7f'))
}

function withoutBlanks(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')
}

function must(isSound: boolean): asserts isSound {
  if (!isSound) throw new Unsound()
}
