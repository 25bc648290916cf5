import { broken, ResponseError } from './client-errors.ts'
import { type ResponseHead, readResponseHead } from './response-head.ts'

/** What a response consists of, in the order in which it comes. */
export interface ResponseEvents {
  /** The head of the final response; informational ones before it are passed over. */
  onHead(head: ResponseHead): void
  /** A piece of the body, never empty. The bytes are lent: whoever keeps them beyond the call has to copy them. */
  onData(chunk: Buffer): void
  onEnd(): void
}

const MAX_HEAD_BYTES = 64 * 1024
/** A chunk's size with its extensions; nobody sends any. */
const MAX_SIZE_LINE_BYTES = 1024
const MAX_TRAILER_BYTES = 16 * 1024
/** 16^12 bytes are more than anybody sends, and still exact. */
const MAX_SIZE_DIGITS = 12

/** So much of the blank line that ends a head may be there before it is found. */
const TERMINATOR_BEGUN = 3

const CR = 0x0d
const LF = 0x0a
const NOTHING = Buffer.alloc(0)
const EXTENSION = /^[ \t]*;[\t\x20-\x7e\x80-\xff]*$/
const TRAILERS = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/

/** What is read next. `surplus` is what came after the end: it belongs to no request. */
type Part =
  'head' | 'counted' | 'size' | 'chunk' | 'chunk end' | 'trailers' | 'until close' | 'done' | 'surplus'

/**
 * Reads one HTTP/1.1 response out of the bytes of a connection, however they are cut into pieces. It is strict: what two
 * readers could understand in two ways is an error (RFC 9112 §6.3, §7.1).
 */
export class ResponseReader {
  readonly #events: ResponseEvents
  #part: Part = 'head'
  /** Bytes of the body, or of its current chunk, that are still to come. */
  #left = 0
  /** What came and could not be read yet. */
  #held: Buffer = NOTHING
  /** Where in what is read the chunks lie that have not been told yet, side by side. */
  #chunksFrom = 0
  #chunksTo = 0

  constructor(events: ResponseEvents) {
    this.#events = events
  }

  /** True when the response is whole and nothing came behind it, so that the connection may be used again. */
  get endedCleanly(): boolean {
    return this.#part === 'done'
  }

  /**
   * Reads what came. An event may call `stop`.
   *
   * @param bytes are changed, and may be used for something else afterwards
   * @throws {ResponseError} when it is no sound response; what was sound before that has been told
   */
  read(bytes: Buffer): void {
    const input = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    let at = 0
    try {
      while (at < input.length) {
        const next = this.#advance(input, at)
        if (next === at) break
        at = next
      }
    } finally {
      this.#tellChunks(input)
    }
    const rest = at < input.length ? input.subarray(at) : NOTHING
    this.#held = input === bytes ? Buffer.from(rest) : rest
  }

  /**
   * The server has ended the connection.
   *
   * @throws {ResponseError} when the response was not whole
   */
  close(): void {
    if (this.#part === 'until close') this.#end()
    else if (this.#part !== 'done' && this.#part !== 'surplus') {
      throw new ResponseError('CLOSED_EARLY', 'the server closed the connection before its answer was whole')
    }
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#part = 'surplus'
  }

  /** @returns where to go on reading; `at` itself when more has to come first */
  #advance(input: Buffer, at: number): number {
    switch (this.#part) {
      case 'head':
        return this.#readHead(input, at)
      case 'counted':
        return this.#readCounted(input, at)
      case 'chunk':
        return this.#readChunk(input, at)
      case 'size':
        return this.#readSize(input, at)
      case 'chunk end':
        return this.#readChunkEnd(input, at)
      case 'trailers':
        return this.#readTrailers(input, at)
      case 'until close':
        this.#tell(input, at, input.length)
        return input.length
      case 'done':
      case 'surplus':
        this.#part = 'surplus'
        return input.length
    }
  }

  #readHead(input: Buffer, at: number): number {
    const end = input.indexOf('\r\n\r\n', at, 'latin1')
    if ((end === -1 ? input.length - TERMINATOR_BEGUN : end) - at > MAX_HEAD_BYTES)
      throw broken('a head that is too large')
    if (end === -1) return at
    const head = readResponseHead(input.toString('latin1', at, end))
    if (head.status === 101) throw broken('a switch of protocols that nobody asked for')
    if (head.status >= 200) this.#begin(head)
    return end + 4
  }

  #begin(head: ResponseHead): void {
    const { framing } = head
    if (framing === 'chunked') this.#part = 'size'
    else if (framing === 'close') this.#part = 'until close'
    else {
      this.#part = 'counted'
      this.#left = framing
    }
    this.#events.onHead(head)
    if (this.#part === 'counted' && this.#left === 0) this.#end()
  }

  #readCounted(input: Buffer, at: number): number {
    const end = Math.min(input.length, at + this.#left)
    this.#left -= end - at
    this.#tell(input, at, end)
    if (this.#left === 0 && this.#part === 'counted') this.#end()
    return end
  }

  /**
   * Hot path: a fast server's chunks come many at a time. Told together they are looked at, and sent on, once (see
   * docs/performance.md).
   */
  #readChunk(input: Buffer, at: number): number {
    const end = Math.min(input.length, at + this.#left)
    this.#left -= end - at
    if (this.#left === 0) this.#part = 'chunk end'
    if (this.#chunksFrom === this.#chunksTo) this.#chunksFrom = this.#chunksTo = at
    else input.copyWithin(this.#chunksTo, at, end)
    this.#chunksTo += end - at
    return end
  }

  #tellChunks(input: Buffer): void {
    const from = this.#chunksFrom
    const to = this.#chunksTo
    if (from === to) return
    this.#chunksFrom = this.#chunksTo = 0
    this.#tell(input, from, to)
  }

  #tell(input: Buffer, from: number, to: number): void {
    this.#events.onData(from === 0 && to === input.length ? input : input.subarray(from, to))
  }

  #readSize(input: Buffer, at: number): number {
    let size = 0
    let digits = at
    for (; digits < input.length; digits += 1) {
      const digit = hexDigit(input[digits] as number)
      if (digit === -1) break
      size = size * 16 + digit
    }
    if (digits - at > MAX_SIZE_DIGITS) throw broken('a chunk that is too large')
    if (digits === input.length) return at
    const end = digits === at ? -1 : this.#endOfSizeLine(input, at, digits)
    if (end === -1) throw broken('a malformed chunk size')
    if (end === input.length) return at
    this.#left = size
    this.#part = size === 0 ? 'trailers' : 'chunk'
    if (size === 0) this.#tellChunks(input)
    return end
  }

  /** Where the line after the digits ends: -1 when it is malformed, the length of the input while it is not all there. */
  #endOfSizeLine(input: Buffer, start: number, digitsEnd: number): number {
    const cr = input[digitsEnd] === CR ? digitsEnd : input.indexOf(CR, digitsEnd)
    const end = cr === -1 ? input.length : cr
    if (end - start > MAX_SIZE_LINE_BYTES) return -1
    if (cr === -1) return input.length
    if (cr > digitsEnd && !EXTENSION.test(input.toString('latin1', digitsEnd, cr))) return -1
    if (cr + 1 === input.length) return input.length
    return input[cr + 1] === LF ? cr + 2 : -1
  }

  #readChunkEnd(input: Buffer, at: number): number {
    if (input[at] !== CR) throw broken('a chunk that is longer than its size')
    if (at + 1 === input.length) return at
    if (input[at + 1] !== LF) throw broken('a chunk without its line end')
    this.#part = 'size'
    return at + 2
  }

  /** Fields after the last chunk are read over (RFC 9110 §6.5.1). */
  #readTrailers(input: Buffer, at: number): number {
    if (at + 1 === input.length) return at
    const isBlank = input[at] === CR && input[at + 1] === LF
    const end = isBlank ? at - 2 : input.indexOf('\r\n\r\n', at, 'latin1')
    if ((end === -1 ? input.length - TERMINATOR_BEGUN : end) - at > MAX_TRAILER_BYTES)
      throw broken('trailers that are too large')
    if (end === -1) return at
    if (!isBlank && !TRAILERS.test(input.toString('latin1', at, end + 2))) throw broken('malformed trailers')
    this.#end()
    return end + 4
  }

  #end(): void {
    this.#part = 'done'
    this.#events.onEnd()
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
