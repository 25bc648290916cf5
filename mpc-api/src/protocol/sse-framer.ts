const LF = 0x0a

/** A held frame larger than this is passed on in pieces rather than kept in memory. */
const MAX_HELD_BYTES = 1024 * 1024

/** Bytes of an event stream that may be passed on. */
export interface FramedBytes {
  /** Whole frames, or pieces of a frame too large to hold. Empty when more bytes are needed. */
  bytes: Buffer
  /** True when `bytes` holds whole frames only, so that they can be read. */
  areWhole: boolean
}

/**
 * Aligns an event stream (WHATWG HTML §9.2) to its frames without changing a byte: what comes out, in order, is what
 * went in. Whatever is written between two outputs stands between two frames.
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
      return { bytes: chunk, areWhole: true }
    const end = this.#lastFrameEnd(chunk)
    if (end === 0) return this.#hold(chunk)
    const bytes = Buffer.concat([...this.#held, chunk.subarray(0, end)])
    const areWhole = !this.#insideLargeFrame
    this.#insideLargeFrame = false
    this.#held = end < chunk.length ? [chunk.subarray(end)] : []
    this.#heldBytes = chunk.length - end
    return { bytes, areWhole }
  }

  /** What is still held when the stream ends: the beginning of a frame that never ended. */
  rest(): Buffer {
    return Buffer.concat(this.#held)
  }

  #hold(chunk: Buffer): FramedBytes {
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
    if (this.#heldBytes <= MAX_HELD_BYTES) return { bytes: Buffer.alloc(0), areWhole: true }
    const bytes = Buffer.concat(this.#held)
    // The last three bytes stay, so that a frame's end is seen when it falls between two chunks.
    this.#held = [bytes.subarray(-3)]
    this.#heldBytes = 3
    this.#insideLargeFrame = true
    return { bytes: bytes.subarray(0, -3), areWhole: false }
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
