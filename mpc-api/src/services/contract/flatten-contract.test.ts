import { createConfig, lintFromString } from '@redocly/openapi-core'
import { describe, expect, it } from 'vitest'
import { flattenContract } from './flatten-contract.ts'
import { readContract } from './read-contract.ts'

const flat = flattenContract(await readContract(), 'http://mpc-api:3000')
const operations = Object.entries(flat.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ ...operation, path, method })),
)

/** Every object below a value, with itself. */
function everyObject(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  const inner = Object.values(value).flatMap(everyObject)
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner]
}
const schemas = operations.flatMap(({ parameters, requestBody, responses }) =>
  [
    ...parameters.map(({ schema }) => schema),
    ...Object.values(requestBody?.content ?? {}).map(({ schema }) => schema),
    ...Object.values(responses).flatMap(({ content }) =>
      Object.values(content ?? {}).map(({ schema }) => schema),
    ),
  ].flatMap(everyObject),
)

describe('the flattened contract', () => {
  it('is sound OpenAPI 3.0', async () => {
    const config = await createConfig({ extends: ['spec'] })
    const problems = await lintFromString({ source: JSON.stringify(flat), config })

    expect(flat.openapi).toBe('3.0.3')
    expect(problems.map(({ message, location }) => `${location[0]?.pointer ?? ''}: ${message}`)).toEqual([])
  })

  it('has one absolute server, and paths from its root', () => {
    expect(flat.servers).toEqual([{ url: 'http://mpc-api:3000' }])
    expect(Object.keys(flat.paths)).toContain('/api/chat/completions')
    expect(Object.keys(flat.paths)).toContain('/generate/script')
  })

  it('holds no reference, no alternatives and no type lists', () => {
    expect(JSON.stringify(flat)).not.toContain('"$ref"')
    const keywords = new Set(schemas.flatMap((schema) => Object.keys(schema)))
    for (const unknown of ['allOf', 'anyOf', 'oneOf', 'const']) expect(keywords).not.toContain(unknown)
    expect(schemas.filter((schema) => Array.isArray(schema['type']))).toEqual([])
  })

  it.each(operations)('$operationId has a short name, words, and at most one content type', (operation) => {
    expect(operation.operationId).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
    expect(operation.description).toMatch(/./)
    expect(Object.keys(operation.requestBody?.content ?? {}).length).toBeLessThanOrEqual(1)
  })

  it.each(operations.filter(({ requestBody }) => requestBody))(
    '$operationId names the fields of its body at the top',
    ({ requestBody }) => {
      const [media] = Object.values(requestBody?.content ?? {})

      expect(media?.schema.type).toBe('object')
      expect(Object.keys(media?.schema.properties ?? {})).not.toEqual([])
      for (const field of Object.values(media?.schema.properties ?? {}))
        expect(field.type).toBeTypeOf('string')
    },
  )

  it('asks for no headers and offers no sockets', () => {
    expect(operations.flatMap(({ parameters }) => parameters).filter((one) => one.in === 'header')).toEqual(
      [],
    )
    expect(Object.keys(flat.paths)).not.toContain('/api/realtime')
  })
})
