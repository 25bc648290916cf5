/**
 * What every provider's structured output understands. Limits of length and count are left out: several providers
 * refuse a schema that has them. The prompt says them, and the answer is checked against them all the same.
 */
const KEPT = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  'description',
])

/** Reduces a JSON Schema to what can be asked of a model. */
export function toModelSchema(schema: object): Record<string, unknown> {
  const reduced: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(schema)) {
    if (KEPT.has(key)) reduced[key] = reduceMember(key, value)
  }
  return reduced
}

function reduceMember(key: string, value: unknown): unknown {
  if (key === 'properties') {
    const members = Object.entries(value as Record<string, object>)
    return Object.fromEntries(members.map(([name, schema]) => [name, toModelSchema(schema)]))
  }
  if (key === 'items') return toModelSchema(value as object)
  if (key === 'anyOf') return (value as object[]).map(toModelSchema)
  return value
}
