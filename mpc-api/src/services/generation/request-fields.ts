import { z } from 'zod'
import { LONGEST_MODEL, MODEL_NAME } from '../checks/check-chat.ts'

/** A text of the caller's own, blanks around it removed. Limits are in UTF-16 units. */
export const text = (max: number) => z.string().trim().min(1, 'must not be empty').max(max)

/** Language, script and region of BCP 47; nothing that could carry a sentence. */
const LANGUAGE = /^[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?$/i

export const language = z
  .string()
  .regex(LANGUAGE, 'must be a language tag such as en, de or pt-BR')
  .default('en')
  .describe('Language of what is written, as a BCP 47 tag.')

/** What every request of a generation may say beside its own fields. */
export const commonFields = {
  language,
  model: z
    .string()
    .regex(MODEL_NAME, 'must name one model, without commas and control characters')
    .max(LONGEST_MODEL)
    .refine((model) => model.trim() !== '', 'must not be blank')
    .optional()
    .describe('The model that writes; without it, MPC_GENERATE_MODEL.'),
  stream: z
    .boolean()
    .default(false)
    .describe('Answers as server-sent events: progress, finished parts, and the whole result at the end.'),
}

export interface CommonRequest {
  language: string
  model?: string | undefined
  stream: boolean
}

/** `pt-br` as `Portuguese (Brazil), pt-BR`: models know names better than tags. */
export function nameLanguage(tag: string): string {
  const canonical = canonicalLanguage(tag)
  const name = new Intl.DisplayNames(['en'], { type: 'language' }).of(canonical)
  return name === undefined || name === canonical ? canonical : `${name}, ${canonical}`
}

export function canonicalLanguage(tag: string): string {
  return Intl.getCanonicalLocales(tag)[0] ?? tag
}
