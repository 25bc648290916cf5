import { LineEnds } from './line-ends.ts'

/**
 * One frame of an event stream. Its texts are Latin-1, each byte a character: hot path, V8 looks through a text faster
 * than Node does through a buffer.
 */
export interface SseFrame {
  /** Name in the `event:` line; an empty string without one. */
  event: string
  /** The payload of the `data:` lines, joined by LF; empty for comments. `decodePayload` gives the text that it means. */
  data: string
  /** Of its first line; blank ones before it are not its own. */
  start: number
  end: number
}

/**
 * Reads the frame that follows `start`.
 *
 * @param text Latin-1, ends with a whole frame
 * @param ends of this text, for who reads its frames one after the other
 */
export function readFrameAt(text: string, start: number, ends = new LineEnds(text)): SseFrame {
  let event = ''
  let data: string | undefined
  let first: number | undefined
  let at = start
  while (at < text.length) {
    const line = at
    const end = ends.after(line)
    at = Math.min(text.length, end + (text.startsWith('\r\n', end) ? 2 : 1))
    if (end > line) {
      first ??= line
      if (hasName('data', text, line, end)) {
        const value = valueAfter('data', text, line, end)
        data = data === undefined ? value : `${data}\n${value}`
      } else if (hasName('event', text, line, end)) event = valueAfter('event', text, line, end)
    } else if (first !== undefined) break
  }
  return { event, data: data ?? '', start: first ?? start, end: at }
}

/** The bytes of a frame's payload. */
export function payloadBytes(frame: SseFrame): Buffer {
  return Buffer.from(frame.data, 'latin1')
}

/** A frame's payload as the text that it means: its bytes are UTF-8. */
export function decodePayload(frame: SseFrame): string {
  return payloadBytes(frame).toString()
}

/** A line may be a name alone: its value is empty then. */
function hasName(name: string, text: string, line: number, end: number): boolean {
  const nameEnd = line + name.length
  return text.startsWith(name, line) && (nameEnd === end || (nameEnd < end && text[nameEnd] === ':'))
}

function valueAfter(name: string, text: string, line: number, end: number): string {
  const colon = line + name.length
  return text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1, end)
}
