import { describe, expect, it } from 'vitest'
import { type MetadataDraft } from './metadata-draft.ts'
import { checkMetadata } from './metadata-rules.ts'
import { countTagCharacters, measure, type PlatformName, platforms } from './platforms.ts'

const sound: MetadataDraft = {
  titles: ['Why bread rises'],
  description: 'What yeast does.',
  tags: [],
  hashtags: ['#bread'],
  chapters: [],
  category: null,
}
const pathsOf = (change: Partial<MetadataDraft>, platform: PlatformName = 'youtube') =>
  checkMetadata({ ...sound, ...change }, { platform, titleCount: 1, chapters: null }).map(({ path }) => path)

describe('metadata within the limits of its platform', () => {
  it.each(Object.keys(platforms) as PlatformName[])('on %s, modest metadata is fine', (platform) => {
    expect(pathsOf({}, platform)).toEqual([])
  })

  it.each(Object.keys(platforms) as PlatformName[])(
    'on %s, a title may be as long as allowed, not longer',
    (platform) => {
      const { max } = platforms[platform].title
      expect(pathsOf({ titles: ['x'.repeat(max)] }, platform)).toEqual([])
      expect(pathsOf({ titles: ['x'.repeat(max + 1)] }, platform)).toEqual(['titles[0]'])
    },
  )

  it.each(Object.keys(platforms) as PlatformName[])(
    'on %s, the text counts with its hashtags',
    (platform) => {
      const room = platforms[platform].text.max - '\n\n#bread'.length
      expect(pathsOf({ description: 'x'.repeat(room) }, platform)).toEqual([])
      expect(pathsOf({ description: 'x'.repeat(room + 1) }, platform)).toEqual(['description'])
    },
  )

  it.each(Object.keys(platforms) as PlatformName[])(
    'on %s, hashtags are counted, those in the text too',
    (platform) => {
      const hashtags = Array.from({ length: platforms[platform].hashtags }, (_, index) => `#a${index}`)
      expect(pathsOf({ hashtags }, platform)).toEqual([])
      expect(pathsOf({ hashtags, description: 'See #more' }, platform)).toEqual(['hashtags'])
    },
  )

  it('YouTube counts a description in bytes', () => {
    expect(pathsOf({ description: 'é'.repeat(2501) })).toEqual(['description'])
    expect(pathsOf({ description: 'é'.repeat(2200) }, 'youtube')).toEqual([])
  })

  it('YouTube counts the quotes and commas of its tags', () => {
    expect(countTagCharacters(['bread', 'sour dough'])).toBe(5 + 12 + 1)
    const tags = Array.from({ length: 50 }, (_, index) => `tag number ${index}`)
    expect(pathsOf({ tags })).toEqual(['tags'])
  })

  it('YouTube refuses angle brackets', () => {
    expect(pathsOf({ titles: ['a < b'], description: 'a > b' })).toEqual(['titles[0]', 'description'])
    expect(pathsOf({ titles: ['a < b'] }, 'linkedin')).toEqual([])
  })

  it('X counts two for most scripts, and 23 for a link', () => {
    expect(measure('日本', 'weighted characters')).toBe(4)
    expect(measure(`https://example.com/${'x'.repeat(100)}`, 'weighted characters')).toBe(23)
    expect(pathsOf({ description: '日'.repeat(140) }, 'x')).toEqual(['description'])
  })

  it.each([
    ['tags on a platform without', { tags: ['bread'] }, 'tiktok' as const, ['tags']],
    ['a tag with a comma', { tags: ['a,b'] }, 'youtube' as const, ['tags[0]']],
    ['a hashtag with a blank', { hashtags: ['#two words'] }, 'youtube' as const, ['hashtags[0]']],
    ['a hashtag of digits', { hashtags: ['#2026'] }, 'youtube' as const, ['hashtags[0]']],
    ['a hashtag twice', { hashtags: ['#Bread', '#bread'] }, 'youtube' as const, ['hashtags[1]']],
    ['too many titles', { titles: ['a', 'b'] }, 'youtube' as const, ['titles']],
    ['timestamps in the text', { description: '0:00 Start' }, 'youtube' as const, ['description']],
    ['indented timestamps', { description: 'a\n\n \t0:00 Start' }, 'youtube' as const, ['description']],
  ])('refuses %s', (_, change, platform, paths) => {
    expect(pathsOf(change, platform)).toEqual(paths)
  })

  it.each(['\n', '\r', '\u2028'])(
    'looks for timestamps behind many %j at the pace of their number',
    (lineEnd) => {
      const begun = performance.now()

      expect(pathsOf({ description: `${lineEnd.repeat(100_000)}x` })).toEqual(['description'])
      expect(performance.now() - begun).toBeLessThan(1000)
    },
  )
})
