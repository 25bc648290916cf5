import { follow, type OpenApiDocument, type Schema } from '../../src/services/contract/openapi-document.ts'

/** Every field below a schema: its path, whether it is required, its types and its choices, one a line. */
export function fieldsOf(contract: OpenApiDocument, schema: Schema, path = ''): string[] {
  const own = follow<Schema>(contract, schema)
  const inner = Object.entries(own.properties ?? {}).flatMap(([name, field]) => {
    const mark = own.required?.includes(name) === true ? '!' : ''
    return fieldsOf(contract, field, `${path}.${name}${mark}`)
  })
  const items = own.items === undefined ? [] : fieldsOf(contract, own.items, `${path}[]`)
  const choices = JSON.stringify(own.enum ?? own.const ?? '')
  return [`${path}: ${typesOf(own).join('|')} ${choices}`, ...inner, ...items].sort()
}

/** `anyOf` with null and a type list with null are the same to a reader. */
function typesOf({ type, anyOf = [] }: Schema): string[] {
  return [...(type === undefined ? [] : [type].flat()), ...anyOf.flatMap(typesOf)].sort()
}
