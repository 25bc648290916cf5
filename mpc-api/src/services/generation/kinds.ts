import { type Kind } from './generation-kind.ts'
import { metadata } from './metadata.ts'
import { script } from './script.ts'
import { thumbnailPrompt } from './thumbnail-prompt.ts'

/** Everything that can be generated, by `/generate/{name}`. */
export const kinds: readonly Kind[] = [script, thumbnailPrompt, metadata]

export function findKind(name: string): Kind | undefined {
  return kinds.find((kind) => kind.name === name)
}
