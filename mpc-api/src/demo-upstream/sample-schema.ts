import { type Fields, isFields } from './exchange.ts'

/** A small value that is valid against the JSON Schemas that structured output takes; texts say that they are a demo. */
export function sampleOf(schema: unknown): unknown {
  if (!isFields(schema)) return null
  if ('const' in schema) return schema['const']
  const options = schema['enum'] ?? schema['anyOf']
  if (Array.isArray(options)) return 'enum' in schema ? options[0] : sampleOf(options[0])
  switch (typeOf(schema['type'])) {
    case 'object':
      return sampleObject(schema)
    case 'array':
      return Array.from({ length: Math.max(1, numberIn(schema, 'minItems', 1)) }, () =>
        sampleOf(schema['items']),
      )
    case 'integer':
    case 'number':
      return numberIn(schema, 'minimum', 1)
    case 'boolean':
      return false
    case 'string':
      return 'demo text, from no language model'.padEnd(numberIn(schema, 'minLength', 0), '.')
    default:
      return null
  }
}

function typeOf(type: unknown): unknown {
  return Array.isArray(type) ? type[0] : type
}

function sampleObject(schema: Fields): Record<string, unknown> {
  const properties = isFields(schema['properties']) ? schema['properties'] : {}
  return Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, sampleOf(member)]))
}

function numberIn(schema: Fields, name: string, otherwise: number): number {
  const value = schema[name]
  return typeof value === 'number' ? value : otherwise
}
