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
  #text = ''
  #at = 0
  #stack: ('{' | '[')[] = []
  #inString = false
  /** Where the string or value that is being read began. */
  #start: number | undefined
  #member: string | undefined
  #index = 0
  /** The outermost object has ended, or never began. */
  #isOver = false

  push(piece: string): Part[] {
    this.#text += piece
    const parts: Part[] = []
    for (; this.#at < this.#text.length; this.#at += 1) {
      const part = this.#step(this.#text[this.#at] as string)
      if (part !== undefined) parts.push(part)
    }
    return parts
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
      this.#member = String(this.#read(this.#at))
      this.#start = undefined
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
    const value = this.#read(this.#at)
    this.#start = undefined
    return value === undefined ? undefined : { path, value }
  }

  #read(end: number): unknown {
    if (this.#start === undefined) return undefined
    try {
      return parseJson(this.#text.slice(this.#start, end))
    } catch {
      return undefined
    }
  }
}
