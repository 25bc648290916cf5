const LF = 0x0a

/** A held frame larger than this is passed on in pieces rather than kept in memory. */
const MAX_HELD_BYTES = 1024 * 1024

/** Bytes of an event stream that may be passed on, in this order. */
export interface FramedBytes {
  /** A part of a frame that is too large to hold. */
  piece: Buffer
  /** Whole frames, which can be read. */
  frames: Buffer
}

const NOTHING = Buffer.alloc(0)
/** A frame's end is at most this long, less a byte: so much is kept back where it could fall between two chunks. */
const SEAM = 3

/**
 * Aligns an event stream (WHATWG HTML §9.2) to its frames without changing a byte: what comes out, in order, is what
 * went in. Whatever is written between two outputs stands between two frames, while `atBoundary` is true.
 */
export class SseFramer {
  #held: Buffer[] = []
  #heldBytes = 0
  #insideLargeFrame = false

  /** True when everything that came out so far ended with a whole frame. */
  get atBoundary(): boolean {
    return !this.#insideLargeFrame
  }

  push(chunk: Buffer): FramedBytes {
    // Hot path: nothing is held and the chunk ends with a frame.
    if (this.#heldBytes === 0 && !this.#insideLargeFrame && endsFrame(chunk))
      return { piece: NOTHING, frames: chunk }
    return this.#insideLargeFrame ? this.#continueLargeFrame(chunk) : this.#align(chunk)
  }

  /** What is still held when the stream ends: the beginning of a frame that never ended. */
  rest(): Buffer {
    return Buffer.concat(this.#held)
  }

  #align(chunk: Buffer): FramedBytes {
    const end = this.#lastFrameEnd(chunk)
    if (end === 0) return this.#hold(chunk)
    const frames = Buffer.concat([...this.#held, chunk.subarray(0, end)])
    this.#keep(chunk.subarray(end))
    return { piece: NOTHING, frames }
  }

  #hold(chunk: Buffer): FramedBytes {
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes <= MAX_HELD_BYTES) return { piece: NOTHING, frames: NOTHING }
    this.#insideLargeFrame = true
    const bytes = Buffer.concat(this.#held)
    this.#keep(bytes.subarray(-SEAM))
    return { piece: bytes.subarray(0, -SEAM), frames: NOTHING }
  }

  #continueLargeFrame(chunk: Buffer): FramedBytes {
    const bytes = Buffer.concat([...this.#held, chunk])
    const end = firstBlankLine(bytes)
    if (end === 0) {
      this.#keep(bytes.subarray(-SEAM))
      return { piece: bytes.subarray(0, -SEAM), frames: NOTHING }
    }
    this.#insideLargeFrame = false
    this.#keep(NOTHING)
    const { frames } = end < bytes.length ? this.#align(bytes.subarray(end)) : { frames: NOTHING }
    return { piece: bytes.subarray(0, end), frames }
  }

  #keep(bytes: Buffer): void {
    this.#held = bytes.length === 0 ? [] : [bytes]
    this.#heldBytes = bytes.length
  }

  /** Index after the last frame end that lies in this chunk or ends in it; 0 when there is none. */
  #lastFrameEnd(chunk: Buffer): number {
    const end = lastBlankLine(chunk)
    if (end > 0 || this.#heldBytes === 0) return end
    const before = this.#lastHeldBytes()
    const seam = Buffer.concat([before, chunk.subarray(0, 2)])
    return Math.max(0, lastBlankLine(seam) - before.length)
  }

  #lastHeldBytes(): Buffer {
    const last = this.#held.at(-1) ?? Buffer.alloc(0)
    return last.length >= 2 || this.#held.length < 2
      ? last.subarray(-2)
      : Buffer.concat(this.#held.slice(-3)).subarray(-2)
  }
}

function endsFrame(chunk: Buffer): boolean {
  return chunk.length >= 2 && chunk[chunk.length - 1] === LF && chunk[chunk.length - 2] === LF
}

/** Index after the last blank line, whatever the line ends are (LF, CRLF or CR); 0 when there is none. */
function lastBlankLine(bytes: Buffer): number {
  const lf = bytes.lastIndexOf('\n\n')
  const crlf = bytes.lastIndexOf('\n\r\n')
  const cr = bytes.lastIndexOf('\r\r')
  return Math.max(lf === -1 ? 0 : lf + 2, crlf === -1 ? 0 : crlf + 3, cr === -1 ? 0 : cr + 2)
}

/** Index after the first blank line; 0 when there is none. */
function firstBlankLine(bytes: Buffer): number {
  const ends = ['\n\n', '\n\r\n', '\r\r'].flatMap((blank) => {
    const at = bytes.indexOf(blank)
    return at === -1 ? [] : [at + blank.length]
  })
  return ends.length === 0 ? 0 : Math.min(...ends)
}
