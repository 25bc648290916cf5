const WHITESPACE = /[ \t\n\r]*/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/**
 * Finds where text stops being JSON (RFC 8259). The parser of the engine does not always say; this runs only after it
 * has refused the text.
 *
 * @returns index of the first character that cannot stand where it stands; the length when the text ends too early
 */
export function locateJsonError(text: string): number {
  const open: ('{' | '[')[] = []
  let at = skip(text, 0)
  let expects: 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'comma' = 'value'
  for (;;) {
    const char = text[at]
    if (expects === 'comma') {
      const inside = open.at(-1)
      if (inside === undefined || char === undefined) return at
      if (char === ',') expects = inside === '{' ? 'key' : 'value'
      else if (char === (inside === '{' ? '}' : ']')) open.pop()
      else return at
      at += 1
    } else if ((expects === 'keyOrEnd' && char === '}') || (expects === 'valueOrEnd' && char === ']')) {
      open.pop()
      expects = 'comma'
      at += 1
    } else if (expects === 'key' || expects === 'keyOrEnd') {
      const end = char === '"' ? endOfString(text, at) : { at, ok: false }
      const colon = skip(text, end.at)
      if (!end.ok || text[colon] !== ':') return end.ok ? colon : end.at
      at = colon + 1
      expects = 'value'
    } else if (char === '{' || char === '[') {
      open.push(char)
      expects = char === '{' ? 'keyOrEnd' : 'valueOrEnd'
      at += 1
    } else {
      const end = char === '"' ? endOfString(text, at) : endOfScalar(text, at)
      if (!end.ok) return end.at
      at = end.at
      expects = 'comma'
    }
    at = skip(text, at)
  }
}

interface End {
  /** Index after the token, or of the character at fault. */
  at: number
  ok: boolean
}

function skip(text: string, at: number): number {
  WHITESPACE.lastIndex = at
  return at + (WHITESPACE.exec(text)?.[0].length ?? 0)
}

function endOfScalar(text: string, at: number): End {
  SCALAR.lastIndex = at
  const length = SCALAR.exec(text)?.[0].length ?? 0
  return { at: at + length, ok: length > 0 }
}

function endOfString(text: string, start: number): End {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (char === '"') return { at: at + 1, ok: true }
    if (char < ' ') return { at, ok: false }
    if (char !== '\\') continue
    const escape = /^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(at + 1, at + 6))
    if (escape === null) return { at: at + 1, ok: false }
    at += escape[0].length
  }
  return { at: text.length, ok: false }
}
