/** One frame of an event stream, by the positions of its parts; the payload is not decoded. */
export interface SseFrame {
  /** Name in the `event:` line; an empty string without one. */
  event: string
  /** The payload of the `data:` lines, joined by LF; empty for comments. */
  data: Buffer
  /** Of its first line; blank ones before it are not its own. */
  start: number
  end: number
}

const CR = 0x0d
const LF = 0x0a
const COLON = 0x3a
const SPACE = 0x20

/** Reads the frame that follows `start` in bytes that end with a whole frame. */
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
      if (!hasContent) frame.start = at
      hasContent = true
      readLine(frame, bytes, at, lineEnd)
    }
    at = next
  }
  return frame
}

const NOTHING = Buffer.alloc(0)

const DATA = Buffer.from('data')
const EVENT = Buffer.from('event')

function readLine(frame: SseFrame, bytes: Buffer, start: number, end: number): void {
  if (hasName(DATA, bytes, start, end)) {
    const value = bytes.subarray(valueAfter(start + DATA.length, bytes, end), end)
    frame.data = frame.data === NOTHING ? value : Buffer.concat([frame.data, Buffer.from('\n'), value])
  } else if (hasName(EVENT, bytes, start, end)) {
    frame.event = bytes.toString('latin1', valueAfter(start + EVENT.length, bytes, end), end)
  }
}

/** A line may be a name alone: its value is empty then. */
function hasName(name: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const nameEnd = start + name.length
  if (nameEnd > end || (nameEnd < end && bytes[nameEnd] !== COLON)) return false
  for (let at = 0; at < name.length; at += 1) if (bytes[start + at] !== name[at]) return false
  return true
}

function valueAfter(nameEnd: number, bytes: Buffer, end: number): number {
  return Math.min(end, bytes[nameEnd + 1] === SPACE ? nameEnd + 2 : nameEnd + 1)
}

function findLineEnd(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from)
  const end = lf === -1 ? bytes.length : lf
  const cr = bytes.subarray(from, end).indexOf(CR)
  return cr === -1 ? end : from + cr
}
