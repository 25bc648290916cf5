import { z } from 'zod'
import { createKind } from './generation-kind.ts'
import { type Problem } from './problem.ts'
import { commonFields, nameLanguage, text } from './request-fields.ts'

/** Sizes in pixels that the platforms ask for. */
const SIZES = {
  '16:9': { width: 1280, height: 720 },
  '9:16': { width: 1080, height: 1920 },
  '1:1': { width: 1080, height: 1080 },
  '4:5': { width: 1080, height: 1350 },
  '4:3': { width: 1440, height: 1080 },
} as const
/** More is not read at the size of a thumbnail. In UTF-16 units. */
const LONGEST_OVERLAY = 40

const aspectRatio = z.enum(['16:9', '9:16', '1:1', '4:5', '4:3'])
const request = z.strictObject({
  title: text(300).optional().describe('Title of the video. A title or a script is needed.'),
  script: text(100_000).optional().describe('Script of the video.'),
  style: text(300).optional().describe('How it looks: photo, 3D, flat illustration …'),
  aspectRatio: aspectRatio.default('16:9'),
  textOverlay: text(LONGEST_OVERLAY).optional().describe('Text in the picture, exactly like this.'),
  allowText: z.boolean().default(true).describe('False: no text in the picture at all.'),
  count: z.int().min(1).max(8).default(3).describe('How many prompts, each with another idea.'),
  ...commonFields,
})
type ThumbnailRequest = z.infer<typeof request>

const prompt = z.strictObject({
  prompt: z.string().min(20).max(1800).describe('The prompt for an image model.'),
  negativePrompt: z.string().min(1).max(600).describe('What must not be in the picture.'),
  composition: z
    .string()
    .min(1)
    .max(400)
    .describe('Where things stand, how near the camera is, where the eye goes.'),
  palette: z
    .array(z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1A2B3C'))
    .min(2)
    .max(6)
    .describe('Two to six colours as #RRGGBB.'),
  overlayText: z.string().max(LONGEST_OVERLAY).nullable().describe('Text in the picture, or null.'),
})
const draft = z.strictObject({ prompts: z.array(prompt) })
type Draft = z.infer<typeof draft>

const result = z.strictObject({
  prompts: z.array(prompt),
  aspectRatio,
  width: z.int().describe('Pixels.'),
  height: z.int().describe('Pixels.'),
})

/** `POST /generate/thumbnail-prompt`: prompts for an image model. */
export const thumbnailPrompt = createKind<ThumbnailRequest, Draft, z.infer<typeof result>>({
  name: 'thumbnail-prompt',
  message: 'Thumbnail prompts generated',
  summary: 'Writes prompts for an image model that makes the thumbnail of a video.',
  request,
  result,
  example: { title: 'Why bread rises', style: 'macro photo', textOverlay: 'IT BREATHES', count: 2 },
  across: (body) => [...checkSubject(body), ...checkOverlayWish(body)],
  draft: () => draft,
  toData: ({ title, script, style, textOverlay }) => ({ title, script, style, textOverlay }),
  toRequirements: (asked) => ({
    language: nameLanguage(asked.language),
    count: asked.count,
    aspectRatio: asked.aspectRatio,
    overlayText: overlayRule(asked),
  }),
  check: ({ prompts }, asked) => [
    ...checkCount(prompts.length, asked.count),
    ...checkDistinct(prompts.map((item) => item.prompt)),
    ...prompts.flatMap(({ overlayText }, index) => checkOverlay(overlayText, index, asked)),
  ],
  finish: ({ prompts }, asked) => ({ prompts, aspectRatio: asked.aspectRatio, ...SIZES[asked.aspectRatio] }),
})

function checkSubject({ title, script }: Record<string, unknown>): Problem[] {
  if (title !== undefined || script !== undefined) return []
  return [{ path: 'title', message: 'is missing: a title or a script is needed' }]
}

function checkOverlayWish({ textOverlay, allowText }: Record<string, unknown>): Problem[] {
  if (textOverlay === undefined || allowText !== false) return []
  return [{ path: 'textOverlay', message: 'contradicts allowText: false' }]
}

function overlayRule({ textOverlay, allowText }: ThumbnailRequest): string {
  if (!allowText) return 'null: no text in the picture'
  if (textOverlay !== undefined) return 'exactly the textOverlay of the data'
  return `of your own, at most ${LONGEST_OVERLAY} characters`
}

function checkCount(found: number, count: number): Problem[] {
  return found === count ? [] : [{ path: 'prompts', message: `has ${found} items; ${count} are asked` }]
}

function checkDistinct(prompts: readonly string[]): Problem[] {
  return prompts.flatMap((item, index) =>
    prompts.indexOf(item) < index
      ? [{ path: `prompts[${index}].prompt`, message: 'repeats an earlier prompt' }]
      : [],
  )
}

function checkOverlay(overlay: string | null, index: number, asked: ThumbnailRequest): Problem[] {
  const path = `prompts[${index}].overlayText`
  if (!asked.allowText) return overlay === null ? [] : [{ path, message: 'must be null: no text is wanted' }]
  if (asked.textOverlay === undefined) {
    return overlay === null || overlay.trim() === '' ? [{ path, message: 'must be a short text' }] : []
  }
  if (overlay === asked.textOverlay) return []
  return [{ path, message: 'must be exactly the textOverlay of the data' }]
}
