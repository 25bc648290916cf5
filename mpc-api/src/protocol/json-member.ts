/** Where a value stands in JSON text: first byte, and the byte after the last. */
export interface MemberRange {
  start: number
  end: number
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Finds the value of a member of the outermost object in valid JSON text. Of several members with that name it is the
 * last, which is the one that parsers keep.
 */
export function findTopLevelMember(bytes: Buffer, name: string): MemberRange | undefined {
  let depth = 0
  let found: MemberRange | undefined
  let valueAt: number | undefined
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number
    const closesMember = depth === 1 && (byte === 0x2c || byte === 0x7d)
    if (closesMember && valueAt !== undefined) {
      found = { start: valueAt, end: trimEnd(bytes, at) }
      valueAt = undefined
    }
    if (byte === QUOTE) {
      const end = endOfString(bytes, at)
      const colon = skipBlanks(bytes, end + 1)
      const isKey = depth === 1 && bytes[colon] === 0x3a
      if (isKey && JSON.parse(bytes.toString('utf8', at, end + 1)) === name)
        valueAt = skipBlanks(bytes, colon + 1)
      at = isKey ? colon : end
    } else if (byte === 0x7b || byte === 0x5b) depth += 1
    else if (byte === 0x7d || byte === 0x5d) depth -= 1
  }
  return found
}

function endOfString(bytes: Buffer, start: number): number {
  let at = start + 1
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1
  return at
}

function skipBlanks(bytes: Buffer, from: number): number {
  let at = from
  while (isBlank(bytes[at])) at += 1
  return at
}

function trimEnd(bytes: Buffer, end: number): number {
  let at = end
  while (isBlank(bytes[at - 1])) at -= 1
  return at
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
