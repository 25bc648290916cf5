import { type ListedOperation } from '../../src/services/contract/list-operations.ts'
import { type MediaType, type OpenApiDocument } from '../../src/services/contract/openapi-document.ts'
import { type CheckSchema, schemaChecker } from './contract-schemas.ts'
import { readPayloads } from './read-sse.ts'

/** What is wrong with the examples of an operation's bodies and answers. */
export function exampleProblems(contract: OpenApiDocument, operation: ListedOperation): string[] {
  const check = schemaChecker(contract)
  const bodies = Object.entries(operation.requestBody?.content ?? {})
  const answers = Object.values(operation.responses).flatMap(({ content }) => Object.entries(content ?? {}))
  const parameters = operation.parameters.flatMap(({ name, schema, example }) =>
    example === undefined ? [] : check(schema, example).map((problem) => `${name}: ${problem}`),
  )
  return [
    ...parameters,
    ...[...bodies, ...answers].flatMap(([type, media]) => problemsOf(type, media, check)),
  ]
}

function problemsOf(type: string, media: MediaType, check: CheckSchema): string[] {
  const values =
    media.examples === undefined ? [media.example] : Object.values(media.examples).map(({ value }) => value)
  return values.flatMap((value) => {
    if (value === undefined) return isText(type) ? [`${type} has no example`] : []
    const problems = check(media.schema, value)
    const events = media['x-event-schema']
    if (events === undefined) return problems
    return [...problems, ...readPayloads(value as string).flatMap((event) => check(events, event))]
  })
}

/** What has a text that an example can show. */
function isText(type: string): boolean {
  return /json|^text\/|multipart/.test(type)
}
