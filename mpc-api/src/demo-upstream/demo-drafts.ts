import { type Fields, isFields } from './exchange.ts'

const filler =
  'this is demo text and no language model wrote it the demo upstream only fills the seconds of this section'.split(
    ' ',
  )

/** A script whose sections and words fill the asked time. */
export function draftScript(requirements: Fields): unknown {
  const seconds = numberOf(requirements, 'durationSeconds', 60)
  const rate = numberOf(requirements, 'wordsPerMinute', 150)
  const sectionSeconds = requirements['format'] === 'short' ? 8 : 30
  const count = Math.min(60, Math.max(2, Math.round(seconds / sectionSeconds)))
  const sections = share(seconds, count).map((durationSeconds, index) => ({
    role: roleOf(index, count, requirements['endsWithCallToAction'] === true),
    heading: `Demo section ${index + 1}`,
    durationSeconds,
    narration: sayWords(Math.max(1, Math.round((durationSeconds * rate) / 60))),
    visuals: `Demo picture ${index + 1}: a test card`,
    onScreenText: index === 0 ? 'DEMO' : null,
  }))
  return { title: 'Demo script, from no language model', sections }
}

/** Prompts of the asked number, with the asked text on them. */
export function draftThumbnails(requirements: Fields, data: Fields): unknown {
  const rule = String(requirements['overlayText'])
  const overlayText = rule.startsWith('null')
    ? null
    : rule.startsWith('exactly')
      ? data['textOverlay']
      : 'DEMO'
  const prompts = Array.from({ length: numberOf(requirements, 'count', 1) }, (_, index) => ({
    prompt: `Demo prompt ${index + 1}, from no language model: a test card, ${String(requirements['aspectRatio'])}`,
    negativePrompt: 'clutter, watermarks',
    composition: 'The test card fills the picture.',
    palette: ['#FFCC00', '#113355'],
    overlayText,
  }))
  return { prompts }
}

/** Metadata within the limits of every platform. */
export function draftMetadata(requirements: Fields, _data: Fields, schema: Fields): unknown {
  const titles = isFields(requirements['titles']) ? requirements['titles'] : {}
  const titleCount = numberOf(titles, 'count', 1)
  return {
    titles: Array.from(
      { length: titleCount },
      (_, index) => `Demo title ${index + 1}, from no language model`,
    ),
    description: 'A demo description: the demo upstream is no language model.',
    tags: requirements['tags'] === 'none' ? [] : ['demo', 'test card'],
    hashtags: ['#demo'],
    chapters: chapterStarts(requirements['chapters']).map((startSeconds, index) => ({
      startSeconds,
      title: `Demo chapter ${index + 1}`,
    })),
    category: categoryIn(schema),
  }
}

function roleOf(index: number, count: number, endsWithCallToAction: boolean): string {
  if (index === 0) return 'hook'
  return endsWithCallToAction && index === count - 1 ? 'call-to-action' : 'content'
}

/** Whole seconds for each section, which add up to all. */
function share(seconds: number, count: number): number[] {
  const ends = Array.from({ length: count + 1 }, (_, index) => Math.round((seconds * index) / count))
  return ends.slice(1).map((end, index) => end - (ends[index] ?? 0))
}

function sayWords(count: number): string {
  const words = Array.from({ length: count }, (_, index) => filler[index % filler.length] as string)
  const text = words.join(' ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function chapterStarts(rule: unknown): number[] {
  if (!isFields(rule)) return []
  const seconds = numberOf(rule, 'durationSeconds', 30)
  if (!Array.isArray(rule['startAt'])) return [0, Math.floor(seconds / 3), Math.floor((seconds * 2) / 3)]
  const starts: number[] = []
  for (const start of rule['startAt'] as number[]) {
    if (start >= (starts.at(-1) ?? -10) + 10 && start <= seconds - 10) starts.push(start)
  }
  return starts
}

function categoryIn(schema: Fields): unknown {
  const properties = isFields(schema['properties']) ? schema['properties'] : {}
  const category = isFields(properties['category']) ? properties['category'] : {}
  const names = category['enum']
  if (!Array.isArray(names)) return null
  return names.includes('Education') ? 'Education' : names[0]
}

function numberOf(fields: Fields, name: string, otherwise: number): number {
  const value = fields[name]
  return typeof value === 'number' ? value : otherwise
}
