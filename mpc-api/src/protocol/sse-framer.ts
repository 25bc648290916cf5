/** A held frame larger than this is passed on in pieces rather than kept in memory. */
const MAX_HELD_BYTES = 1024 * 1024

/** What of an event stream may be passed on, in this order. Latin-1: each byte is a character. */
export interface FramedText {
  /** A part of a frame that is too large to hold. */
  piece: string
  /** Whole frames, which can be read. */
  frames: string
}

/** A frame's end is at most this long, less a byte: so much is kept back where it could fall between two chunks. */
const SEAM = 3

/**
 * Aligns an event stream (WHATWG HTML §9.2) to its frames without changing a byte: what comes out, in order, is what
 * went in. Whatever is written between two outputs stands between two frames, while `atBoundary` is true.
 */
export class SseFramer {
  #held: string[] = []
  #heldBytes = 0
  #insideLargeFrame = false

  /** True when everything that came out so far ended with a whole frame. */
  get atBoundary(): boolean {
    return !this.#insideLargeFrame
  }

  push(chunk: Buffer): FramedText {
    const text = chunk.toString('latin1')
    // Hot path: nothing is held and the chunk ends with a frame.
    if (this.#heldBytes === 0 && !this.#insideLargeFrame && text.endsWith('\n\n'))
      return { piece: '', frames: text }
    return this.#insideLargeFrame ? this.#continueLargeFrame(text) : this.#align(text)
  }

  /** What is still held when the stream ends: the beginning of a frame that never ended. */
  rest(): string {
    return this.#held.join('')
  }

  #align(text: string): FramedText {
    const end = this.#lastFrameEnd(text)
    if (end === 0) return this.#hold(text)
    const frames = this.rest() + text.slice(0, end)
    this.#keep(text.slice(end))
    return { piece: '', frames }
  }

  #hold(text: string): FramedText {
    this.#held.push(text)
    this.#heldBytes += text.length
    if (this.#heldBytes <= MAX_HELD_BYTES) return { piece: '', frames: '' }
    this.#insideLargeFrame = true
    return { piece: this.#keepSeam(this.rest()), frames: '' }
  }

  #continueLargeFrame(chunk: string): FramedText {
    const text = this.rest() + chunk
    const end = firstBlankLine(text)
    if (end === 0) return { piece: this.#keepSeam(text), frames: '' }
    this.#insideLargeFrame = false
    this.#keep('')
    const { frames } = end < text.length ? this.#align(text.slice(end)) : { frames: '' }
    return { piece: text.slice(0, end), frames }
  }

  /** @returns what may be passed on */
  #keepSeam(text: string): string {
    this.#keep(text.slice(-SEAM))
    return text.slice(0, -SEAM)
  }

  #keep(text: string): void {
    this.#held = text === '' ? [] : [text]
    this.#heldBytes = text.length
  }

  /** Index after the last frame end that lies in this chunk or ends in it; 0 when there is none. */
  #lastFrameEnd(text: string): number {
    const end = lastBlankLine(text)
    if (end > 0 || this.#heldBytes === 0) return end
    const before = this.#lastHeldBytes()
    return Math.max(0, lastBlankLine(before + text.slice(0, 2)) - before.length)
  }

  #lastHeldBytes(): string {
    const last = this.#held.at(-1) ?? ''
    return (last.length >= 2 ? last : this.#held.slice(-3).join('')).slice(-2)
  }
}

/** Index after the last blank line, whatever the line ends are (LF, CRLF or CR); 0 when there is none. */
function lastBlankLine(text: string): number {
  const lf = text.lastIndexOf('\n\n')
  const crlf = text.lastIndexOf('\n\r\n')
  const cr = text.lastIndexOf('\r\r')
  return Math.max(lf === -1 ? 0 : lf + 2, crlf === -1 ? 0 : crlf + 3, cr === -1 ? 0 : cr + 2)
}

/** Index after the first blank line; 0 when there is none. */
function firstBlankLine(text: string): number {
  const ends = ['\n\n', '\n\r\n', '\r\r'].flatMap((blank) => {
    const at = text.indexOf(blank)
    return at === -1 ? [] : [at + blank.length]
  })
  return ends.length === 0 ? 0 : Math.min(...ends)
}
