import { describe, expect, it } from 'vitest'
import { describeGeneration } from './describe-generation.ts'
import { findKind } from './kinds.ts'

describe('the description of the content endpoints', () => {
  it.each(describeGeneration())(
    '$path has schemas without references, and an example that is accepted',
    (endpoint) => {
      expect(JSON.stringify(endpoint)).not.toContain('$ref')
      expect(endpoint.request).toMatchObject({ type: 'object', additionalProperties: false })
      expect(endpoint.response).toHaveProperty('properties.data.properties.result.type', 'object')
      expect(() => findKind(endpoint.name)!.prepare(endpoint.example)).not.toThrow()
    },
  )

  it('asks models only for what every provider understands', () => {
    for (const { name, example } of describeGeneration()) {
      const text = JSON.stringify(findKind(name)!.prepare(example).schema)
      expect(text).not.toMatch(
        /"(?:minLength|maxLength|minItems|maxItems|minimum|maximum|pattern|format|\$schema)":/,
      )
      expect(text).toContain('"additionalProperties":false')
    }
  })
})
