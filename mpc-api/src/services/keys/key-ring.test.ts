import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyRing } from './key-ring.ts'

const ring = new KeyRing([
  { name: 'first', secret: 'sk-1' },
  { name: 'second', secret: 'sk-2' },
])

describe('the keys', () => {
  it('are found by their secret, and named', () => {
    expect(ring.find('sk-1')).toBe('first')
    expect(ring.find('sk-2')).toBe('second')
  })

  it('are found by nothing else', () => {
    expect(ring.find('')).toBeUndefined()
    expect(ring.find('SK-1')).toBeUndefined()
    fc.assert(
      fc.property(fc.string(), (secret) => {
        fc.pre(secret !== 'sk-1' && secret !== 'sk-2')
        expect(ring.find(secret)).toBeUndefined()
      }),
    )
  })

  it('are not kept: nothing of a secret can be read off the ring', () => {
    expect(JSON.stringify(ring)).not.toContain('sk-')
  })

  it('let everyone in only when there are none', () => {
    expect(ring.isOpen).toBe(false)
    expect(new KeyRing([]).isOpen).toBe(true)
    expect(new KeyRing([]).find('sk-1')).toBeUndefined()
  })
})
