/** One frame of an event stream, by the positions of its parts; the payload is not decoded. */
export interface SseFrame {
  /** Name in the `event:` line; an empty string without one. */
  event: string
  /** The payload of the `data:` lines, joined by LF; empty for comments. */
  data: Buffer
  start: number
  end: number
}

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const SPACE = 0x20

/** Reads the frame that starts at `start` in bytes that end with a whole frame. */
export function readFrameAt(bytes: Buffer, start: number): SseFrame {
  const frame: SseFrame = { event: '', data: NOTHING, start, end: bytes.length }
  let at = start
  let hasContent = false
  while (at < bytes.length) {
    const lineEnd = findLineEnd(bytes, at)
    const next = lineEnd + (bytes[lineEnd] === CR && bytes[lineEnd + 1] === LF ? 2 : 1)
    if (lineEnd === at && hasContent) {
      frame.end = next
      return frame
    }
    if (lineEnd > at) {
      hasContent = true
      readLine(frame, bytes, at, lineEnd)
    }
    at = next
  }
  return frame
}

const NOTHING = Buffer.alloc(0)

function readLine(frame: SseFrame, bytes: Buffer, start: number, end: number): void {
  const colon = bytes.indexOf(COLON, start)
  if (colon === start || colon === -1 || colon >= end) return
  const valueAt = bytes[colon + 1] === SPACE ? colon + 2 : colon + 1
  const length = colon - start
  if (length === 4 && bytes.toString('latin1', start, colon) === 'data') {
    const value = bytes.subarray(valueAt, end)
    frame.data = frame.data === NOTHING ? value : Buffer.concat([frame.data, Buffer.from('\n'), value])
  } else if (length === 5 && bytes.toString('latin1', start, colon) === 'event') {
    frame.event = bytes.toString('latin1', valueAt, end)
  }
}

function findLineEnd(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from)
  const end = lf === -1 ? bytes.length : lf
  const cr = bytes.subarray(from, end).indexOf(CR)
  return cr === -1 ? end : from + cr
}
