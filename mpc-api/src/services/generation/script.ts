import { z } from 'zod'
import { createKind } from './generation-kind.ts'
import { type Problem } from './problem.ts'
import { canonicalLanguage, commonFields, nameLanguage, text } from './request-fields.ts'
import { countWords, secondsToSpeak, speakingRate } from './speech.ts'

/** The longest that a YouTube Short may be. */
const LONGEST_SHORT_SECONDS = 180
const USUAL_SECONDS = { short: 45, long: 480 }
/** How far the spoken words may be from what fills the asked time. */
const WORDS_TOLERANCE = 0.15
/** A section may be spoken this much faster than the rest. */
const RUSH = 1.25

const request = z.strictObject({
  topic: text(2000).describe('What the video is about.'),
  audience: text(500).optional().describe('Who watches it.'),
  tone: text(200).optional().describe('How it sounds: calm, funny, urgent …'),
  durationSeconds: z.int().min(10).max(3600).optional().describe('Length of the video. Default: 45 or 480.'),
  format: z.enum(['short', 'long']).optional().describe('Default: short up to 60 seconds, else long.'),
  keyPoints: z.array(text(500)).max(20).default([]).describe('What must be said, in this order.'),
  callToAction: text(500).optional().describe('What the viewer shall do at the end.'),
  wordsPerMinute: z
    .int()
    .min(80)
    .max(220)
    .optional()
    .describe('Speaking rate. Default: usual for the language.'),
  ...commonFields,
})
type ScriptRequest = z.infer<typeof request>

const role = z.enum(['hook', 'content', 'call-to-action'])
const section = z.strictObject({
  role: role.describe('What the section is for.'),
  heading: z.string().min(1).max(120).describe('A short name for the section, not spoken.'),
  durationSeconds: z.int().min(1).describe('How long the section lasts.'),
  narration: z.string().min(1).describe('Every word that is spoken in the section, and nothing else.'),
  visuals: z.string().min(1).describe('What is seen meanwhile.'),
  onScreenText: z.string().max(120).nullable().describe('Text shown in the picture, or null.'),
})
const draft = z.strictObject({
  title: z.string().min(1).max(100).describe('Working title of the video.'),
  sections: z.array(section).min(1).max(80).describe('The video from its first second to its last.'),
})
type Draft = z.infer<typeof draft>

const result = z.strictObject({
  title: z.string(),
  hook: z.string().describe('The first words, which have to keep the viewer.'),
  sections: z.array(
    section.extend({
      startSeconds: z.int(),
      endSeconds: z.int(),
      wordCount: z.int(),
    }),
  ),
  callToAction: z.string().nullable().describe('The last words, when they ask for something.'),
  durationSeconds: z.int().describe('Length of all sections together.'),
  estimatedDurationSeconds: z.int().describe('Time that it takes to speak all narration.'),
  wordCount: z.int().describe('Words of all narration.'),
  wordsPerMinute: z.int(),
  language: z.string(),
  format: z.enum(['short', 'long']),
})

/** `POST /generate/script`: what is said and seen, second by second. */
export const script = createKind<ScriptRequest, Draft, z.infer<typeof result>>({
  name: 'script',
  message: 'Script generated',
  summary: 'Writes a video script with timed sections that fit the asked duration.',
  request,
  result,
  example: {
    topic: 'Why bread rises',
    audience: 'home bakers who start out',
    tone: 'warm and curious',
    durationSeconds: 60,
    keyPoints: ['yeast eats sugar', 'gluten holds the gas'],
    callToAction: 'Subscribe for a recipe every week',
  },
  across: checkShort,
  draft: () => draft,
  toData: ({ topic, audience, tone, keyPoints, callToAction }) => ({
    topic,
    audience,
    tone,
    keyPoints,
    callToAction,
  }),
  toRequirements: (asked) => {
    const plan = planOf(asked)
    return {
      language: nameLanguage(asked.language),
      format: plan.format,
      durationSeconds: plan.seconds,
      wordsPerMinute: plan.rate,
      words: { least: plan.least, target: plan.target, most: plan.most },
      endsWithCallToAction: asked.callToAction !== undefined,
    }
  },
  check: (written, asked) => [
    ...checkRoles(written, asked),
    ...checkDurations(written, asked),
    ...checkWords(written, asked),
  ],
  finish,
})

function checkShort(body: Record<string, unknown>): Problem[] {
  const { format, durationSeconds } = body
  if (format !== 'short' || typeof durationSeconds !== 'number' || durationSeconds <= LONGEST_SHORT_SECONDS)
    return []
  const message = `must be at most ${LONGEST_SHORT_SECONDS} for the format short`
  return [{ path: 'durationSeconds', message }]
}

function planOf(asked: ScriptRequest) {
  const format = asked.format ?? ((asked.durationSeconds ?? Infinity) <= 60 ? 'short' : 'long')
  const seconds = asked.durationSeconds ?? USUAL_SECONDS[format]
  const rate = asked.wordsPerMinute ?? speakingRate(asked.language)
  const target = Math.round((seconds * rate) / 60)
  const slack = Math.max(3, Math.floor(target * WORDS_TOLERANCE))
  return { format, seconds, rate, target, least: target - slack, most: target + slack } as const
}

function checkRoles({ sections }: Draft, asked: ScriptRequest): Problem[] {
  const problems: Problem[] = []
  for (const [index, { role }] of sections.entries()) {
    const path = `sections[${index}].role`
    if ((role === 'hook') !== (index === 0))
      problems.push({ path, message: 'the first section, and no other, must be the hook' })
    if (role === 'call-to-action' && index < sections.length - 1)
      problems.push({ path, message: 'only the last section can be the call to action' })
  }
  if (asked.callToAction !== undefined && sections.at(-1)?.role !== 'call-to-action') {
    problems.push({ path: 'sections', message: 'the last section must be the call to action' })
  }
  return problems
}

function checkDurations({ sections }: Draft, asked: ScriptRequest): Problem[] {
  const { seconds } = planOf(asked)
  const total = sections.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)
  const slack = Math.max(2, Math.floor(seconds * 0.05))
  if (Math.abs(total - seconds) <= slack) return []
  const message = `the durations add up to ${total} seconds; ${seconds} are asked (${slack} more or fewer will do)`
  return [{ path: 'sections', message }]
}

function checkWords({ sections }: Draft, asked: ScriptRequest): Problem[] {
  const { rate, least, most, target } = planOf(asked)
  const problems: Problem[] = []
  let total = 0
  for (const [index, { narration, durationSeconds }] of sections.entries()) {
    const words = countWords(narration, asked.language)
    total += words
    const fits = Math.ceil((durationSeconds * rate * RUSH) / 60) + 2
    if (words <= fits) continue
    problems.push({
      path: `sections[${index}].narration`,
      message: `has ${words} words, which need ${secondsToSpeak(words, rate)} seconds; the section has ${durationSeconds}`,
    })
  }
  if (total < least || total > most) {
    const change = total < least ? `add about ${target - total}` : `remove about ${total - target}`
    const message = `the narration has ${total} words in all; ${least} to ${most} fit the duration: ${change}`
    problems.push({ path: 'sections', message })
  }
  return problems
}

function finish({ title, sections }: Draft, asked: ScriptRequest): z.infer<typeof result> {
  const { rate, format } = planOf(asked)
  let at = 0
  const timed = sections.map((part) => {
    const startSeconds = at
    at += part.durationSeconds
    return { ...part, startSeconds, endSeconds: at, wordCount: countWords(part.narration, asked.language) }
  })
  const wordCount = timed.reduce((sum, part) => sum + part.wordCount, 0)
  const last = timed.at(-1)
  return {
    title,
    hook: timed[0]?.narration ?? '',
    sections: timed,
    callToAction: last?.role === 'call-to-action' ? last.narration : null,
    durationSeconds: at,
    estimatedDurationSeconds: secondsToSpeak(wordCount, rate),
    wordCount,
    wordsPerMinute: rate,
    language: canonicalLanguage(asked.language),
    format,
  }
}
