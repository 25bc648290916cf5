import { checkChapters, type ChapterPlan } from './chapters.ts'
import { type MetadataDraft, toUploadText } from './metadata-draft.ts'
import { countTagCharacters, measure, type PlatformName, platforms, type PlatformRules } from './platforms.ts'
import { type Problem } from './problem.ts'

/** Letters, digits and underscores, with a letter among them: what every platform makes a link of. */
const HASHTAG = /^#(?=.*\p{L})[\p{L}\p{M}\p{N}_]+$/u
const HASHTAGS_IN_TEXT = /(?<![\p{L}\p{M}\p{N}_&])#(?=[\p{M}\p{N}_]*\p{L})[\p{L}\p{M}\p{N}_]+/gu
/** Blanks, but no line end that `^` matches behind: many of them would be passed again from each. */
const TIMESTAMP_LINE = /^[^\S\n\r\u2028\u2029]*\d{1,2}:\d{2}/m

/** What is asked of the metadata beside its shape. */
export interface MetadataOrder {
  platform: PlatformName
  titleCount: number
  /** Null when no chapters are possible. */
  chapters: ChapterPlan | null
}

/** Everything in which metadata breaks the limits of its platform or its order. */
export function checkMetadata(written: MetadataDraft, order: MetadataOrder): Problem[] {
  const rules: PlatformRules = platforms[order.platform]
  return [
    ...checkTitles(written.titles, order.titleCount, rules),
    ...checkText(written, rules),
    ...checkTags(written.tags, rules),
    ...checkHashtags(written, rules),
    ...checkChapters(written.chapters, order.chapters),
  ]
}

function checkTitles(titles: readonly string[], count: number, rules: PlatformRules): Problem[] {
  const { max, unit } = rules.title
  const problems = titles.flatMap((title, index) => {
    const path = `titles[${index}]`
    const length = measure(title, unit)
    return [
      ...(length > max ? [{ path, message: `has ${length} ${unit}; ${max} are allowed` }] : []),
      ...refused(title, path, rules),
    ]
  })
  if (titles.length !== count)
    problems.push({ path: 'titles', message: `has ${titles.length} items; ${count} are asked` })
  return [...problems, ...repeated(titles, 'titles')]
}

function checkText(written: MetadataDraft, rules: PlatformRules): Problem[] {
  const { max, unit } = rules.text
  const length = measure(toUploadText(written), unit)
  const problems = refused(written.description, 'description', rules)
  if (length > max) {
    const message = `has ${length} ${unit} together with chapters and hashtags; ${max} are allowed: remove at least ${length - max}`
    problems.push({ path: 'description', message })
  }
  if (TIMESTAMP_LINE.test(written.description))
    problems.push({ path: 'description', message: 'must not have timestamps of its own' })
  return [
    ...problems,
    ...written.chapters.flatMap(({ title }, index) => refused(title, `chapters[${index}].title`, rules)),
  ]
}

function checkTags(tags: readonly string[], rules: PlatformRules): Problem[] {
  if (rules.tagCharacters === null) {
    return tags.length === 0 ? [] : [{ path: 'tags', message: 'must be empty: the platform has no tags' }]
  }
  const problems = tags.flatMap((tag, index) => {
    const path = `tags[${index}]`
    const wrong = /[,#"]/.test(tag) ? [{ path, message: 'must not have a comma, a quote or a #' }] : []
    return [...wrong, ...refused(tag, path, rules)]
  })
  const length = countTagCharacters(tags)
  if (length > rules.tagCharacters) {
    const message = `have ${length} characters in all; ${rules.tagCharacters} are allowed`
    problems.push({ path: 'tags', message })
  }
  return [...problems, ...repeated(tags, 'tags')]
}

function checkHashtags(written: MetadataDraft, rules: PlatformRules): Problem[] {
  const problems = written.hashtags.flatMap((hashtag, index) => {
    if (HASHTAG.test(hashtag)) return []
    const message = 'must be # and then letters, digits or underscores, with a letter among them'
    return [{ path: `hashtags[${index}]`, message }]
  })
  const count = written.hashtags.length + (written.description.match(HASHTAGS_IN_TEXT)?.length ?? 0)
  if (count > rules.hashtags) {
    const message = `are ${count} with those in the description; ${rules.hashtags} are allowed`
    problems.push({ path: 'hashtags', message })
  }
  return [...problems, ...repeated(written.hashtags, 'hashtags')]
}

function refused(text: string, path: string, { refuses }: PlatformRules): Problem[] {
  const found = refuses?.exec(text)?.[0]
  return found === undefined ? [] : [{ path, message: `must not contain ${found}` }]
}

function repeated(texts: readonly string[], path: string): Problem[] {
  const seen = new Set<string>()
  return texts.flatMap((text, index) => {
    const key = text.toLowerCase()
    if (seen.has(key)) return [{ path: `${path}[${index}]`, message: 'repeats an earlier one' }]
    seen.add(key)
    return []
  })
}
