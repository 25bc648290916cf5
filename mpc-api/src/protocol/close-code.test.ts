import { describe, expect, it } from 'vitest'
import { isSendableCode, relayClosing } from './close-code.ts'

const lost = { code: 1011, reason: 'lost' }

describe('relayClosing', () => {
  it.each([1000, 1001, 1002, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4999])(
    'keeps %i and its reason',
    (code) => {
      expect(relayClosing({ code, reason: 'why' }, lost)).toEqual({ code, reason: 'why' })
    },
  )

  it.each([0, 999, 1004, 1006, 1015, 1016, 2999, 5000])(
    'says in the place of %i, which may stand in no frame, that the connection was lost',
    (code) => {
      expect(isSendableCode(code)).toBe(false)
      expect(relayClosing({ code, reason: '' }, lost)).toBe(lost)
    },
  )

  it('says nothing where nothing was said', () => {
    expect(relayClosing({ code: 1005, reason: '' }, lost)).toBeUndefined()
  })
})
