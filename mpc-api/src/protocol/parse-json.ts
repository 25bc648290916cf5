const BACKSLASH = 0x5c

/**
 * Parses JSON as `JSON.parse` should, for whatever acts on names that it has not chosen, or writes them again. The V8 of
 * Node 24 and 26 can take the name of a member that is written with an escape for another that it has seen
 * (nodejs/node#63785): `"\u0061pi_base"` is not `api_base` then, though it is to LiteLLM. What it reads instead has a
 * backslash in it, and so never passes for a plain name; but a plain name that is written with an escape may be missed.
 * Who only looks for plain names in what LiteLLM writes may use `JSON.parse`.
 *
 * @throws {SyntaxError} when it is not JSON
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return hasEscapedName(text) ? readAgain(text) : value
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Of valid JSON: looks at what stands before each colon. Hot path: texts have fewer of them than of quotes and escapes. */
function hasEscapedName(text: string): boolean {
  let escape = text.indexOf('\\')
  let colon = escape === -1 ? -1 : text.indexOf(':', escape)
  while (colon !== -1) {
    const closing = lastBefore(text, colon)
    if (text[closing] === '"' && !isEscaped(text, closing)) {
      const opening = text.lastIndexOf('"', closing - 1)
      if (isEscaped(text, opening)) return true
      if (escape < opening) escape = text.indexOf('\\', opening)
      if (escape === -1) return false
      if (escape < closing) return true
    }
    colon = text.indexOf(':', colon + 1)
  }
  return false
}

/** Index of the last character before `end` that is no blank. */
function lastBefore(text: string, end: number): number {
  let at = end - 1
  while (isBlank(text.charCodeAt(at))) at -= 1
  return at
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

type Container = unknown[] | Record<string, unknown>

/** Builds the value of valid JSON. */
function readAgain(text: string): unknown {
  const root: unknown[] = []
  const parents: Container[] = []
  let container: Container = root
  let name = ''
  let at = skipBlanks(text, 0)
  while (at < text.length) {
    const first = text[at] as string
    let end = at + 1
    if (first === '{' || first === '[') {
      const child: Container = first === '{' ? {} : []
      put(container, name, child)
      parents.push(container)
      container = child
    } else if (first === '}' || first === ']') {
      container = parents.pop() ?? root
    } else if (first !== ',' && first !== ':') {
      end = first === '"' ? endOfString(text, at + 1) : endOfWord(text, at)
      const value = readScalar(text.slice(at, end))
      if (text[skipBlanks(text, end)] === ':') name = value as string
      else put(container, name, value)
    }
    at = skipBlanks(text, end)
  }
  return root[0]
}

/** Hot path: `JSON.parse` is right about what is no container, but slow to call for each. */
function readScalar(text: string): unknown {
  switch (text[0]) {
    case '"':
      return text.includes('\\') ? JSON.parse(text) : text.slice(1, -1)
    case 't':
      return true
    case 'f':
      return false
    case 'n':
      return null
    default:
      return Number(text)
  }
}

function put(container: Container, name: string, value: unknown): void {
  if (Array.isArray(container)) container.push(value)
  else if (name !== '__proto__') container[name] = value
  // An ordinary member in JSON; an assignment would set the prototype.
  else Object.defineProperty(container, name, { value, writable: true, enumerable: true, configurable: true })
}

/** Index after the closing quote; `from` is inside the string, at no escaped character. */
function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from)
  while (at !== -1 && isEscaped(text, at)) at = text.indexOf('"', at + 1)
  return at === -1 ? text.length : at + 1
}

function isEscaped(text: string, at: number): boolean {
  let before = at
  while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1
  return (at - before) % 2 === 1
}

/** Index after a number, `true`, `false` or `null`. */
function endOfWord(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && !ENDS_WORD.has(text.charAt(at))) at += 1
  return at
}

const ENDS_WORD = new Set([' ', '\t', '\n', '\r', ',', ']', '}'])

function skipBlanks(text: string, from: number): number {
  let at = from
  while (isBlank(text.charCodeAt(at))) at += 1
  return at
}
