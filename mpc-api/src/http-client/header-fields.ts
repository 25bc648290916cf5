/** Finds fields of some names, for `HeaderFields.pick`: `fieldsNamed('retry-after|x-ratelimit-[^:]*')`. */
export function fieldsNamed(names: string): RegExp {
  return new RegExp(`\\r\\n(${names}):`, 'g')
}

/**
 * The header fields of a response. Names are given and told in lower case. Hot path: LiteLLM sends twenty fields and more,
 * of which hardly one is looked at. So they stay one text, in which those that are asked for are found.
 */
export class HeaderFields {
  readonly #text: string
  readonly #lowerCase: string

  /** @param text status line and fields of a head that is known to be sound, as Latin-1: each field begins with CRLF */
  constructor(text: string) {
    this.#text = text
    // In Latin-1 this changes no length, so that what is found here lies in the same place there.
    this.#lowerCase = text.toLowerCase()
  }

  /** Value of a field that should come once; of several the first. */
  first(name: string): string | undefined {
    const mark = markOf(name)
    const at = this.#lowerCase.indexOf(mark)
    return at === -1 ? undefined : this.#valueAt(at + mark.length)
  }

  /** Value of a field that is a list: several are one, joined by commas (RFC 9110 §5.3). */
  joined(name: string): string | undefined {
    const mark = markOf(name)
    let value: string | undefined
    for (let at = this.#lowerCase.indexOf(mark); at !== -1; at = this.#lowerCase.indexOf(mark, at + 1)) {
      const part = this.#valueAt(at + mark.length)
      value = value === undefined ? part : `${value}, ${part}`
    }
    return value
  }

  /**
   * The fields of some names, as a flat list of names and values, in order.
   *
   * @param names made by `fieldsNamed`
   */
  pick(names: RegExp): string[] {
    const picked: string[] = []
    names.lastIndex = 0
    for (let match = names.exec(this.#lowerCase); match !== null; match = names.exec(this.#lowerCase)) {
      picked.push(match[1] as string, this.#valueAt(names.lastIndex))
    }
    return picked
  }

  /** Only blanks and tabs surround a value (RFC 9110 §5.5): to `trim` a no-break space is blank, too. */
  #valueAt(at: number): string {
    const text = this.#text
    const next = text.indexOf('\r\n', at)
    let start = at
    let end = next === -1 ? text.length : next
    while (start < end && isBlank(text.charCodeAt(start))) start += 1
    while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1
    return text.slice(start, end)
  }
}

/** Only the few names that the gateway's own code asks for. */
const marks = new Map<string, string>()

/** Where a field begins. A value cannot hold this: it has no line ends. */
function markOf(name: string): string {
  let mark = marks.get(name)
  if (mark === undefined) {
    mark = `\r\n${name}:`
    marks.set(name, mark)
  }
  return mark
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}
