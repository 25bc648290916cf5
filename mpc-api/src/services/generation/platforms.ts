/** How a platform counts the length of a text. */
export type LengthUnit = 'characters' | 'bytes' | 'weighted characters'

export interface LengthLimit {
  max: number
  unit: LengthUnit
}

/** What a platform accepts. */
export interface PlatformRules {
  /** The title; where a platform has none for videos, the words on the cover. */
  title: LengthLimit
  /** All of the text below a video: description, chapters and hashtags together. */
  text: LengthLimit
  hashtags: number
  /** Keywords beside the text: characters of all together; null where there are none. */
  tagCharacters: number | null
  hasChapters: boolean
  /** Characters that are refused in titles and texts. */
  refuses: RegExp | null
  /** Names of the categories, with the numbers that the upload API knows them by. */
  categories: Readonly<Record<string, number>> | null
}

const youtubeCategories = {
  'Film & Animation': 1,
  'Autos & Vehicles': 2,
  Music: 10,
  'Pets & Animals': 15,
  Sports: 17,
  'Travel & Events': 19,
  Gaming: 20,
  'People & Blogs': 22,
  Comedy: 23,
  Entertainment: 24,
  'News & Politics': 25,
  'Howto & Style': 26,
  Education: 27,
  'Science & Technology': 28,
  'Nonprofits & Activism': 29,
} as const

const plain = { tagCharacters: null, hasChapters: false, refuses: null, categories: null } as const

/** YouTube Data API, `videos.insert`: snippet.title, snippet.description, snippet.tags. */
const youtube: PlatformRules = {
  title: { max: 100, unit: 'characters' },
  text: { max: 5000, unit: 'bytes' },
  // Up to 60 are tolerated, but beyond 15 YouTube has been known to ignore every one.
  hashtags: 15,
  tagCharacters: 500,
  hasChapters: true,
  refuses: /[<>]/,
  categories: youtubeCategories,
}

/** The limits of each platform, as strict as the strictest that is known of it. */
export const platforms = {
  youtube,
  'youtube-shorts': { ...youtube, hasChapters: false },
  // Content Posting API: captions of 2200 UTF-16 units, photo titles of 90; the app takes five hashtags.
  tiktok: {
    ...plain,
    title: { max: 90, unit: 'characters' },
    text: { max: 2200, unit: 'characters' },
    hashtags: 5,
  },
  // Five hashtags since December 2025; the API counted 30 before.
  instagram: {
    ...plain,
    title: { max: 100, unit: 'characters' },
    text: { max: 2200, unit: 'characters' },
    hashtags: 5,
  },
  facebook: {
    ...plain,
    title: { max: 255, unit: 'characters' },
    text: { max: 63_206, unit: 'characters' },
    hashtags: 30,
  },
  linkedin: {
    ...plain,
    title: { max: 200, unit: 'characters' },
    text: { max: 3000, unit: 'characters' },
    hashtags: 30,
  },
  x: {
    ...plain,
    title: { max: 70, unit: 'characters' },
    text: { max: 280, unit: 'weighted characters' },
    hashtags: 10,
  },
} as const satisfies Record<string, PlatformRules>

export type PlatformName = keyof typeof platforms

export function measure(text: string, unit: LengthUnit): number {
  if (unit === 'bytes') return Buffer.byteLength(text)
  return unit === 'characters' ? text.length : weigh(text)
}

/**
 * What X counts: one for the scripts of Europe and the Near East and usual punctuation, two for everything else. Joined
 * emoji count once there and by their parts here, so this is never less; links count 23 there.
 */
function weigh(text: string): number {
  let weight = 0
  for (const character of text.normalize('NFC').replace(/https?:\/\/\S+/g, 'x'.repeat(23))) {
    weight += isLight(character.codePointAt(0) as number) ? 1 : 2
  }
  return weight
}

function isLight(code: number): boolean {
  return (
    code <= 4351 ||
    (code >= 8192 && code <= 8205) ||
    (code >= 8208 && code <= 8223) ||
    (code >= 8242 && code <= 8247)
  )
}

/** Characters of all tags as YouTube counts them: a comma between two, and quotes around those with a blank. */
export function countTagCharacters(tags: readonly string[]): number {
  const each = tags.map((tag) => tag.length + (tag.includes(' ') ? 2 : 0))
  return each.reduce((sum, length) => sum + length, 0) + Math.max(0, tags.length - 1)
}
