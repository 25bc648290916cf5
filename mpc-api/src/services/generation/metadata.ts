import { z } from 'zod'
import { planChapters, toTimestamp, type ChapterPlan } from './chapters.ts'
import { createKind } from './generation-kind.ts'
import { chapter, draft, draftFields, type MetadataDraft, toUploadText } from './metadata-draft.ts'
import { checkMetadata } from './metadata-rules.ts'
import { type PlatformName, platforms, type PlatformRules } from './platforms.ts'
import { type Problem } from './problem.ts'
import { canonicalLanguage, commonFields, nameLanguage, text } from './request-fields.ts'
import { countWords, secondsToSpeak, speakingRate } from './speech.ts'

const platformNames = Object.keys(platforms) as [PlatformName, ...PlatformName[]]

const request = z.strictObject({
  script: text(100_000).optional().describe('Script of the video. A script or a summary is needed.'),
  summary: text(10_000).optional().describe('What happens in the video.'),
  platform: z.enum(platformNames).default('youtube').describe('Where it is published.'),
  keywords: z.array(text(100)).max(30).default([]).describe('Words that people search for.'),
  titleCount: z.int().min(1).max(10).default(5).describe('How many titles to choose from.'),
  durationSeconds: z
    .int()
    .min(1)
    .max(43_200)
    .optional()
    .describe(
      'Length of the video, for its chapters. Default: from the sections, else from the words of the script.',
    ),
  sections: z
    .array(
      z.object({
        heading: text(200),
        startSeconds: z.int().min(0),
        endSeconds: z.int().min(1).optional(),
      }),
    )
    .max(100)
    .optional()
    .describe('Sections of a script, as /generate/script answers them: chapters then start where they do.'),
  ...commonFields,
})
type MetadataRequest = z.infer<typeof request>

const result = z.strictObject({
  ...draftFields,
  chapters: z.array(chapter.extend({ timestamp: z.string().describe('Such as 1:05.') })),
  category: z.string().nullable(),
  categoryId: z.int().nullable().describe('The number of the category in the upload API of YouTube.'),
  uploadText: z.string().describe('Description, chapters and hashtags in one text, ready to be pasted.'),
  platform: z.enum(platformNames),
  language: z.string(),
})

/** `POST /generate/metadata`: what a platform wants to know of a video. */
export const metadata = createKind<MetadataRequest, MetadataDraft, z.infer<typeof result>>({
  name: 'metadata',
  message: 'Metadata generated',
  summary: 'Writes titles, description, tags, hashtags and chapters within the limits of a platform.',
  request,
  result,
  example: {
    summary: 'A baker shows why dough rises, how gluten holds the gas, and when to stop kneading.',
    platform: 'youtube',
    keywords: ['bread', 'yeast'],
    durationSeconds: 180,
  },
  across: checkSubject,
  draft: ({ platform }) => {
    const { categories } = rulesOf(platform)
    // One of the names where there are names; the type stays a text.
    return categories === null
      ? draft.extend({ category: z.null() })
      : draft.extend({ category: z.enum(Object.keys(categories) as [string, ...string[]]) })
  },
  toData: ({ script, summary, keywords, sections }) => ({ script, summary, keywords, sections }),
  toRequirements,
  check: (written, asked) => checkMetadata(written, { ...asked, chapters: planFor(asked) }),
  finish,
})

function rulesOf(platform: PlatformName): PlatformRules {
  return platforms[platform]
}

function checkSubject({ script, summary }: Record<string, unknown>): Problem[] {
  if (script !== undefined || summary !== undefined) return []
  return [{ path: 'script', message: 'is missing: a script or a summary is needed' }]
}

function toRequirements(asked: MetadataRequest): Record<string, unknown> {
  const rules = rulesOf(asked.platform)
  const plan = planFor(asked)
  return {
    language: nameLanguage(asked.language),
    platform: asked.platform,
    titles: { count: asked.titleCount, each: rules.title },
    descriptionWithChaptersAndHashtags: rules.text,
    hashtags: { most: rules.hashtags },
    tags: rules.tagCharacters === null ? 'none' : { charactersOfAll: rules.tagCharacters },
    chapters:
      plan === null
        ? 'none'
        : {
            least: 3,
            durationSeconds: plan.durationSeconds,
            startAt: plan.starts ?? 'any second, 10 or more apart',
          },
    category: rules.categories === null ? 'null' : 'one of the names in the schema',
  }
}

function planFor(asked: MetadataRequest): ChapterPlan | null {
  if (!rulesOf(asked.platform).hasChapters) return null
  const { sections, script, language } = asked
  const ends = sections?.flatMap(({ endSeconds }) => endSeconds ?? []) ?? []
  const ofSections = ends.length > 0 ? Math.max(...ends) : undefined
  const ofScript =
    script === undefined ? undefined : secondsToSpeak(countWords(script, language), speakingRate(language))
  const durationSeconds = asked.durationSeconds ?? ofSections ?? ofScript
  if (durationSeconds === undefined) return null
  return planChapters(durationSeconds, sections?.map(({ startSeconds }) => startSeconds) ?? null)
}

function finish(written: MetadataDraft, asked: MetadataRequest): z.infer<typeof result> {
  const { category } = written
  return {
    ...written,
    chapters: written.chapters.map((item) => ({ ...item, timestamp: toTimestamp(item.startSeconds) })),
    categoryId: category === null ? null : (rulesOf(asked.platform).categories?.[category] ?? null),
    uploadText: toUploadText(written),
    platform: asked.platform,
    language: canonicalLanguage(asked.language),
  }
}
