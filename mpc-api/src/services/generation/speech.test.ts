import { describe, expect, it } from 'vitest'
import { countWords, secondsToSpeak, speakingRate } from './speech.ts'

describe('counting what is spoken', () => {
  it.each([
    ['Bread rises, slowly.', 'en', 3],
    ['Der Teig geht auf – ganz von allein!', 'de', 7],
    ['', 'en', 0],
  ])('%s (%s) has %i words', (text, language, words) => {
    expect(countWords(text, language)).toBe(words)
  })

  it('finds words where no blanks are written', () => {
    expect(countWords('パンはなぜ膨らむのか', 'ja')).toBeGreaterThan(3)
  })

  it('knows that a language with long words has fewer of them in a minute', () => {
    expect(speakingRate('de-AT')).toBeLessThan(speakingRate('en'))
    expect(secondsToSpeak(150, speakingRate('en'))).toBe(60)
  })
})
