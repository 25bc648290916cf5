import { follow, type OpenApiDocument, type Schema } from './openapi-document.ts'

/** A schema of OpenAPI 3.0, without references and alternatives, whose `type` is one word. */
export interface FlatSchema {
  type: string
  nullable?: true
  properties?: Record<string, FlatSchema>
  required?: string[]
  items?: FlatSchema
  [keyword: string]: unknown
}

/** Keywords that mean the same in OpenAPI 3.0. */
const KEPT = [
  'description',
  'format',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'pattern',
]

/**
 * Rewrites a schema for readers that know little: references become what they lead to, of alternatives the first one
 * stays, a type list becomes one type and `nullable`. Where a schema holds itself, it ends in an open object.
 */
export function flattenSchema(
  document: OpenApiDocument,
  schema: Schema,
  within: readonly string[] = [],
): FlatSchema {
  if (schema.$ref !== undefined) {
    if (within.includes(schema.$ref)) return { type: 'object' }
    return flattenSchema(document, follow<Schema>(document, schema), [...within, schema.$ref])
  }
  const { single, nullable } = chooseAlternative(document, mergeParts(document, schema), within)
  const type = typeOf(single)
  const flat: FlatSchema = { type }
  for (const keyword of KEPT) if (single[keyword] !== undefined) flat[keyword] = single[keyword]
  if (single.const !== undefined) flat['enum'] = [single.const]
  if (single.contentMediaType !== undefined) flat['format'] = 'binary'
  if (nullable || readTypes(single).includes('null')) flat.nullable = true
  if (type === 'array') flat.items = flattenSchema(document, single.items ?? { type: 'string' }, within)
  if (type === 'object' && single.properties !== undefined) {
    flat.properties = Object.fromEntries(
      Object.entries(single.properties).map(([name, inner]) => [
        name,
        flattenSchema(document, inner, within),
      ]),
    )
    if (single.required !== undefined) flat.required = single.required
  }
  return flat
}

/** `allOf` as one schema: later parts win, properties and requirements add up. */
function mergeParts(document: OpenApiDocument, schema: Schema): Schema {
  if (schema.allOf === undefined) return schema
  const { allOf, ...own } = schema
  return [...allOf.map((part) => mergeParts(document, follow<Schema>(document, part))), own].reduce<Schema>(
    (merged, part) => ({
      ...merged,
      ...part,
      properties: { ...merged.properties, ...part.properties },
      required: [...new Set([...(merged.required ?? []), ...(part.required ?? [])])],
    }),
    {},
  )
}

/** The first alternative that is not null, under the description of the whole. */
function chooseAlternative(
  document: OpenApiDocument,
  schema: Schema,
  within: readonly string[],
): { single: Schema; nullable: boolean } {
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives === undefined) return { single: schema, nullable: false }
  const first = alternatives.find((alternative) => alternative.type !== 'null') ?? {}
  const nullable = alternatives.some((alternative) => alternative.type === 'null')
  if (first.$ref !== undefined && within.includes(first.$ref)) return { single: { type: 'object' }, nullable }
  const chosen = chooseAlternative(document, mergeParts(document, follow<Schema>(document, first)), within)
  return { single: { ...chosen.single, ...schema }, nullable: nullable || chosen.nullable }
}

function readTypes(schema: Schema): string[] {
  return schema.type === undefined ? [] : [schema.type].flat()
}

function typeOf(schema: Schema): string {
  const named = readTypes(schema).find((type) => type !== 'null')
  if (named !== undefined) return named
  if (schema.properties !== undefined) return 'object'
  return schema.items === undefined ? 'string' : 'array'
}
