import { describe, expect, it } from 'vitest'
import { carriesOnlyUsage } from './usage-only-chunk.ts'

describe('a chunk', () => {
  it.each([
    { choices: [] },
    { choices: [{ index: 0, delta: {} }] },
    { choices: [{ index: 0, delta: { content: '', role: null }, finish_reason: null }] },
    { choices: [{ index: 0, text: '', finish_reason: null }] },
  ])('with %j carries only usage', (chunk) => {
    expect(carriesOnlyUsage({ ...chunk, usage: { total_tokens: 1 } })).toBe(true)
  })

  it.each([
    { choices: [{ index: 0, delta: { content: 'a' } }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { choices: [{ index: 0, delta: { tool_calls: [] } }] },
    { choices: [{ index: 0, delta: { role: 'assistant' } }] },
    { choices: [{ index: 0, text: 'a' }] },
    { choices: [{ delta: {} }, { delta: { content: 'b' } }] },
    { choices: null },
    {},
  ])('with %j carries more', (chunk) => {
    expect(carriesOnlyUsage({ ...chunk, usage: { total_tokens: 1 } })).toBe(false)
  })
})
