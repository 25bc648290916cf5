import { describe, expect, it } from 'vitest'
import { readSubprotocols } from './subprotocols.ts'

describe('readSubprotocols', () => {
  it('takes the key out of what a browser offers', () => {
    expect(readSubprotocols('realtime, openai-insecure-api-key.sk-1,openai-beta.realtime-v1')).toEqual({
      key: 'sk-1',
      names: ['realtime', 'openai-beta.realtime-v1'],
      isValid: true,
    })
  })

  it('knows no offer', () => {
    expect(readSubprotocols(undefined)).toEqual({ key: undefined, names: [], isValid: true })
  })

  it.each(['', 'a,', 'a,a', 'a b', 'a"', 'openai-insecure-api-key.a, openai-insecure-api-key.b'])(
    'finds that %j is no list of different tokens',
    (header) => {
      expect(readSubprotocols(header).isValid).toBe(false)
    },
  )
})
