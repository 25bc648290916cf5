import { parseJson } from '../../protocol/parse-json.ts'

/** A part of the JSON that is already complete, while the rest is still being written. */
export interface Part {
  /** `title`, or `sections[2]`. */
  path: string
  value: unknown
}

/**
 * Finds complete parts in JSON that arrives piece by piece: members of the outermost object, and for arrays each item.
 * What it finds is not checked. Of text that is no such JSON it finds nothing.
 */
export class PartialReader {
  /** What earlier pieces have of the string or value that is being read. Never looked into before it is complete. */
  #kept = ''
  #piece = ''
  /** In the piece; one behind it when its last character escapes the first one of the next. */
  #at = 0
  #stack: ('{' | '[')[] = []
  #inString = false
  /** Where in the piece the string or value that is being read begins, or goes on. */
  #start: number | undefined
  #member: string | undefined
  #index = 0
  /** The outermost object has ended, or never began. */
  #isOver = false

  push(piece: string): Part[] {
    this.#piece = piece
    const parts: Part[] = []
    for (; this.#at < piece.length; this.#at += 1) {
      const part = this.#step(piece[this.#at] as string)
      if (part !== undefined) parts.push(part)
    }
    this.#at -= piece.length
    this.#keep()
    return parts
  }

  #keep(): void {
    if (this.#start === undefined || this.#isOver) return
    this.#kept += this.#piece.slice(this.#start)
    this.#start = 0
  }

  #step(character: string): Part | undefined {
    if (this.#isOver || (this.#stack.length === 0 && !/[\s{]/.test(character))) {
      this.#isOver = true
      return undefined
    }
    if (this.#inString) {
      if (character === '\\') this.#at += 1
      else if (character === '"') this.#inString = false
      return undefined
    }
    if (character === ':' && this.#stack.length === 1 && this.#member === undefined) {
      this.#member = String(this.#finish())
      this.#index = 0
      return undefined
    }
    if (character === ',' || character === '}' || character === ']') return this.#close(character)
    if (this.#start === undefined && /\S/.test(character) && this.#isPartLevel(character))
      this.#start = this.#at
    if (character === '"') this.#inString = true
    if (character === '{' || character === '[') this.#stack.push(character)
    return undefined
  }

  /** Parts begin inside the outermost object, and inside arrays that are its members. */
  #isPartLevel(character: string): boolean {
    const depth = this.#stack.length
    if (depth === 1) return this.#stack[0] === '{' && !(this.#member !== undefined && character === '[')
    return depth === 2 && this.#stack[1] === '[' && this.#member !== undefined
  }

  #close(character: string): Part | undefined {
    const depth = this.#stack.length
    const inItems = depth === 2 && this.#stack[1] === '['
    const inMembers = depth === 1 && this.#stack[0] === '{'
    let part: Part | undefined
    if (inItems) part = this.#take(`${this.#member ?? ''}[${this.#index++}]`)
    else if (inMembers) part = this.#take(this.#member ?? '')
    if (character !== ',') this.#isOver = this.#stack.pop() === undefined || this.#stack.length === 0
    else if (inMembers) this.#member = undefined
    return part
  }

  #take(path: string): Part | undefined {
    if (this.#start === undefined || this.#member === undefined) return undefined
    const value = this.#finish()
    return value === undefined ? undefined : { path, value }
  }

  /** The string or value that was being read until here. */
  #finish(): unknown {
    if (this.#start === undefined) return undefined
    const text = this.#kept + this.#piece.slice(this.#start, this.#at)
    this.#start = undefined
    this.#kept = ''
    try {
      return parseJson(text)
    } catch {
      return undefined
    }
  }
}
