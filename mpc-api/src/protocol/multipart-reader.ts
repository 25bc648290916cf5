import { GatewayError } from '../errors/gateway-error.ts'

export interface MultipartEvents {
  /** A part begins. May throw to refuse the upload. */
  onPart(name: string): void
  /** The text of a part that is no file. May throw to refuse the upload. */
  onField(name: string, value: string): void
}

type State = 'start' | 'after delimiter' | 'headers' | 'content' | 'file' | 'field' | 'end'

const MAX_HEADER_BYTES = 16 * 1024
const MAX_FIELD_BYTES = 1024 * 1024
const CRLF = '\r\n'
const END_OF_HEADERS = Buffer.from('\r\n\r\n')
const NOTHING = Buffer.alloc(0)

/**
 * Reads along while a multipart/form-data body (RFC 7578) passes, without keeping files. It is stricter than the format:
 * whatever two parsers could read differently is refused, so that LiteLLM cannot see a part that was not seen here.
 */
export class MultipartReader {
  readonly #events: MultipartEvents
  /** What stands between two parts. The first one has no line before it. */
  readonly #delimiter: Buffer
  #state: State = 'start'
  #pending: Buffer = NOTHING
  #name = ''
  #isFile = false

  constructor(boundary: string, events: MultipartEvents) {
    this.#events = events
    this.#delimiter = Buffer.from(`${CRLF}--${boundary}`)
  }

  /** @throws {GatewayError} BAD_REQUEST, or what an event threw */
  push(chunk: Buffer): void {
    const keepsNothing = this.#pending.length === 0 || (this.#state === 'file' && !this.#endsAcross(chunk))
    this.#pending = keepsNothing ? chunk : Buffer.concat([this.#pending, chunk])
    while (this.#step());
  }

  /** Hot path: of a file only what could be the beginning of a delimiter was kept, and is copied to be sure. */
  #endsAcross(chunk: Buffer): boolean {
    const length = this.#delimiter.length - 1
    if (chunk.length < length) return true
    return Buffer.concat([this.#pending, chunk.subarray(0, length)]).includes(this.#delimiter)
  }

  /** @throws {GatewayError} BAD_REQUEST when the body ended before its last delimiter */
  end(): void {
    if (this.#state !== 'end') throw malformed('it ends before its last boundary')
  }

  /** Takes one step; false when more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case 'start':
        return this.#readStart()
      case 'after delimiter':
        return this.#readAfterDelimiter()
      case 'headers':
        return this.#readHeaders()
      case 'content':
        return this.#readContentStart()
      case 'file':
        return this.#skipFile()
      case 'field':
        return this.#readField()
      case 'end':
        return this.#readEpilogue()
    }
  }

  #readStart(): boolean {
    const first = this.#delimiter.subarray(2)
    if (this.#pending.length < first.length) return false
    if (!this.#pending.subarray(0, first.length).equals(first))
      throw malformed('it does not begin with its boundary')
    return this.#advance(first.length, 'after delimiter')
  }

  #readAfterDelimiter(): boolean {
    if (this.#pending.length < 2) return false
    const mark = this.#pending.toString('latin1', 0, 2)
    if (mark === CRLF) return this.#advance(2, 'headers')
    if (mark === '--') return this.#advance(2, 'end')
    throw malformed('a boundary is followed by something else than a line end')
  }

  #readHeaders(): boolean {
    const end = this.#pending.indexOf(END_OF_HEADERS)
    if (end > MAX_HEADER_BYTES || (end === -1 && this.#pending.length > MAX_HEADER_BYTES)) {
      throw malformed('the headers of a part are too large')
    }
    if (end === -1) return false
    const { name, isFile } = readPartHeaders(this.#pending.toString('utf8', 0, end))
    this.#name = name
    this.#isFile = isFile
    this.#events.onPart(name)
    return this.#advance(end + 2, 'content')
  }

  /** A delimiter whose line end is the one of the headers ends an empty part for some parsers; for LiteLLM's it does not. */
  #readContentStart(): boolean {
    if (this.#pending.length < this.#delimiter.length) return false
    if (this.#pending.subarray(0, this.#delimiter.length).equals(this.#delimiter))
      throw malformed('a boundary has no line end of its own')
    return this.#advance(CRLF.length, this.#isFile ? 'file' : 'field')
  }

  #skipFile(): boolean {
    const at = this.#pending.indexOf(this.#delimiter)
    if (at !== -1) return this.#advance(at + this.#delimiter.length, 'after delimiter')
    const kept = Math.min(this.#pending.length, this.#delimiter.length - 1)
    this.#pending = this.#pending.subarray(this.#pending.length - kept)
    return false
  }

  #readField(): boolean {
    const at = this.#pending.indexOf(this.#delimiter)
    if (at > MAX_FIELD_BYTES || (at === -1 && this.#pending.length > MAX_FIELD_BYTES)) {
      throw malformed(`the field ${this.#name} is too large`)
    }
    if (at === -1) return false
    this.#events.onField(this.#name, this.#pending.toString('utf8', 0, at))
    return this.#advance(at + this.#delimiter.length, 'after delimiter')
  }

  /** Only blanks and line ends may follow: another parser might look for parts there. */
  #readEpilogue(): boolean {
    if (/[^\r\n \t]/.test(this.#pending.toString('latin1')))
      throw malformed('something follows its last boundary')
    this.#pending = NOTHING
    return false
  }

  #advance(bytes: number, state: State): true {
    this.#pending = this.#pending.subarray(bytes)
    this.#state = state
    return true
  }
}

const TYPE = /^multipart\/form-data((?:[ \t]*;[ \t]*[\w-]+=(?:"[^"]*"|[^;\s"]*))*)(?:[ \t]*;)?[ \t]*$/i
const TYPE_PARAMETER = /;[ \t]*([\w-]+)=(?:"([^"]*)"|([^;\s"]*))/gi

/**
 * Reads the boundary of a multipart content type.
 *
 * @throws {GatewayError} BAD_REQUEST when it is missing, given twice or unusual, or when the type names a charset: LiteLLM
 *   would decode the names of the fields with it, and so see others than were seen here
 */
export function readBoundary(contentType: string): string {
  const parameters = [...(TYPE.exec(contentType)?.[1] ?? '').matchAll(TYPE_PARAMETER)].map(
    ([, name = '', quoted, plain = '']) => ({ name: name.toLowerCase(), value: quoted ?? plain }),
  )
  const boundaries = parameters.filter(({ name }) => name === 'boundary')
  const boundary = boundaries[0]?.value ?? ''
  if (boundaries.length !== 1 || !/^[A-Za-z0-9'()+_,./:=?-]{1,70}$/.test(boundary)) {
    throw malformed('its content type must have one usual boundary')
  }
  const isUtf8 = parameters.every(({ name, value }) => name !== 'charset' || /^utf-?8$/i.test(value))
  if (!isUtf8) throw malformed('its charset must be UTF-8')
  return boundary
}

/** Parameters in ASCII, but for what stands in quotes. */
const DISPOSITION =
  /^content-disposition:[ \t]*form-data((?:[ \t]*;[ \t]*[a-z]+\*?=(?:"[^"\\]*"|[!#-:<-[\]-~]+))*)[ \t]*$/i
const PARAMETER = /;[ \t]*([a-z]+\*?)=(?:"([^"\\]*)"|([!#-:<-[\]-~]+))/gi

function readPartHeaders(text: string): { name: string; isFile: boolean } {
  const lines = text.split(CRLF)
  if (lines.some((line) => !/^[A-Za-z0-9-]+:[^\r\n\0]*$/.test(line)))
    throw malformed('a header of a part is malformed')
  const dispositions = lines.filter((line) => /^content-disposition:/i.test(line))
  const match = DISPOSITION.exec(dispositions[0] ?? '')
  if (dispositions.length !== 1 || match === null) throw malformed('a part has no usual content-disposition')
  const parameters = [...(match[1] ?? '').matchAll(PARAMETER)]
  const names = parameters.filter(([, key = '']) => /^name\*?$/i.test(key))
  const name = names[0]?.[2] ?? names[0]?.[3]
  if (names.length !== 1 || name === undefined || names[0]?.[1] !== 'name') {
    throw malformed('a part must have exactly one name')
  }
  const isFile = parameters.some(([, key = '']) => key.toLowerCase() === 'filename')
  // For some parsers it makes a file of the part, for LiteLLM's it does not.
  if (!isFile && parameters.some(([, key = '']) => key.toLowerCase() === 'filename*')) {
    throw malformed('a part has filename* without filename')
  }
  return { name, isFile }
}

function malformed(reason: string): GatewayError {
  return new GatewayError('BAD_REQUEST', `The multipart body cannot be read: ${reason}.`, {
    closesConnection: true,
  })
}
