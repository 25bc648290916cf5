/** One thing that is wrong with a request or with what a model wrote. */
export interface Problem {
  /** Where, in dots and brackets: `sections[2].narration`; an empty string for the whole. */
  path: string
  message: string
}

/** `sections`, 2, `narration` becomes `sections[2].narration`. */
export function toPath(parts: readonly PropertyKey[]): string {
  return parts.reduce<string>((path, part) => {
    if (typeof part === 'number') return `${path}[${part}]`
    return path === '' ? String(part) : `${path}.${String(part)}`
  }, '')
}
