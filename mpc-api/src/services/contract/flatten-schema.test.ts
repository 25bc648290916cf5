import { describe, expect, it } from 'vitest'
import { flattenSchema } from './flatten-schema.ts'
import { type OpenApiDocument, type Schema } from './openapi-document.ts'

const schemas: Record<string, Schema> = {
  Name: { type: 'string', description: 'A name.' },
  Pet: {
    type: 'object',
    required: ['name'],
    properties: { name: { $ref: '#/components/schemas/Name' }, tags: { type: 'array' } },
  },
  Tree: {
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
  },
}
const document = { components: { schemas } } as unknown as OpenApiDocument
const flatten = (schema: Schema) => flattenSchema(document, schema)

describe('flattenSchema', () => {
  it('puts what references lead to in their place, at every depth', () => {
    expect(flatten({ $ref: '#/components/schemas/Pet' })).toEqual({
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string', description: 'A name.' },
        tags: { type: 'array', items: { type: 'string' } },
      },
    })
  })

  it('ends a schema that holds itself in an open object', () => {
    expect(flatten({ $ref: '#/components/schemas/Tree' })).toEqual({
      type: 'object',
      properties: { children: { type: 'array', items: { type: 'object' } } },
    })
  })

  it('merges the parts of allOf', () => {
    const extra = { type: 'object', properties: { age: { type: 'integer' } }, required: ['age'] }

    expect(
      flatten({ allOf: [{ $ref: '#/components/schemas/Pet' }, extra], description: 'Both.' }),
    ).toMatchObject({
      type: 'object',
      description: 'Both.',
      required: ['name', 'age'],
      properties: { name: { type: 'string' }, age: { type: 'integer' } },
    })
  })

  it.each(['anyOf', 'oneOf'])(
    'keeps the first alternative of %s, under the description of the whole',
    (of) => {
      const schema = { description: 'Text or parts.', [of]: [{ type: 'string' }, { type: 'array' }] }

      expect(flatten(schema)).toEqual({ type: 'string', description: 'Text or parts.' })
    },
  )

  it.each<[string, Schema, object]>([
    [
      'a type list',
      { type: ['integer', 'null'], minimum: 1 },
      { type: 'integer', minimum: 1, nullable: true },
    ],
    [
      'an alternative',
      { oneOf: [{ type: 'null' }, { $ref: '#/components/schemas/Name' }] },
      { type: 'string', description: 'A name.', nullable: true },
    ],
  ])('says null by nullable: %s', (_, schema, expected) => {
    expect(flatten(schema)).toEqual(expected)
  })

  it('says const by enum, and a file by its format', () => {
    expect(flatten({ type: 'string', const: 'list' })).toEqual({ type: 'string', enum: ['list'] })
    expect(flatten({ type: 'string', contentMediaType: 'audio/mpeg' })).toEqual({
      type: 'string',
      format: 'binary',
    })
  })

  it('drops what OpenAPI 3.0 does not know', () => {
    expect(
      flatten({ type: 'object', additionalProperties: { type: 'string' }, unevaluatedProperties: false }),
    ).toEqual({ type: 'object' })
  })
})
