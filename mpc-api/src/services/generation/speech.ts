/**
 * Words that a narrator speaks in a minute, by language. Languages that pack more into a word have fewer. A word is
 * what Unicode's rules call one, so that Chinese and Japanese count too.
 */
const WORDS_PER_MINUTE: Readonly<Record<string, number>> = {
  ar: 125,
  cs: 125,
  de: 130,
  es: 160,
  fi: 110,
  fr: 160,
  hu: 120,
  ja: 190,
  ko: 115,
  pl: 125,
  ru: 125,
  tr: 115,
  zh: 160,
}
const USUAL_WORDS_PER_MINUTE = 150

export function speakingRate(language: string): number {
  return WORDS_PER_MINUTE[language.split('-')[0]?.toLowerCase() ?? ''] ?? USUAL_WORDS_PER_MINUTE
}

/** Seconds that it takes to speak this many words. */
export function secondsToSpeak(words: number, wordsPerMinute: number): number {
  return Math.round((words * 60) / wordsPerMinute)
}

export function countWords(text: string, language: string): number {
  let words = 0
  for (const part of segmenterOf(language).segment(text)) if (part.isWordLike === true) words += 1
  return words
}

const segmenters = new Map<string, Intl.Segmenter>()

/** Making one is slow; there are as many as languages are asked for, which their tags bound. */
function segmenterOf(language: string): Intl.Segmenter {
  const primary = language.split('-')[0]?.toLowerCase() ?? 'en'
  const known = segmenters.get(primary)
  if (known !== undefined) return known
  const segmenter = new Intl.Segmenter(primary, { granularity: 'word' })
  segmenters.set(primary, segmenter)
  return segmenter
}
