import { type FlatSchema, flattenSchema } from './flatten-schema.ts'
import { type ListedOperation, listOperations } from './list-operations.ts'
import { type Answer, type Content, type MediaType, type OpenApiDocument } from './openapi-document.ts'

/** An OpenAPI 3.0 document for readers that follow no references and know one server. */
export interface FlatDocument {
  openapi: '3.0.3'
  info: { title: string; version: string; description: string }
  servers: [{ url: string }]
  tags: { name: string; description: string }[]
  security: Record<string, string[]>[]
  paths: Record<string, Record<string, FlatOperation>>
  components: { securitySchemes: Record<string, unknown> }
}

export interface FlatOperation {
  operationId: string
  tags: string[]
  summary: string
  description: string
  security?: Record<string, string[]>[]
  parameters: FlatParameter[]
  requestBody?: { required: boolean; content: Record<string, FlatMedia> }
  responses: Record<string, { description: string; content?: Record<string, FlatMedia> }>
}

export interface FlatParameter {
  name: string
  in: string
  required: boolean
  description: string
  schema: FlatSchema
  example?: unknown
}

export interface FlatMedia {
  schema: FlatSchema
  example?: unknown
}

/**
 * Rewrites the contract as OpenAPI 3.0.3 for importers such as the custom tools of Dify, which read a part of the
 * format: one absolute server, parameters at the operation, everything inline, one content type a body, types that are
 * one word. Headers are left out: an importer would ask a model to fill them in. So are operations that the contract
 * marks with `x-importers: false`.
 *
 * @param origin scheme and host that callers use, without a slash at the end
 */
export function flattenContract(document: OpenApiDocument, origin: string): FlatDocument {
  const { title, version, summary = '' } = document.info
  const paths: FlatDocument['paths'] = {}
  for (const operation of listOperations(document)) {
    if (operation['x-importers'] === false) continue
    paths[operation.fullPath] = {
      ...paths[operation.fullPath],
      [operation.method]: flattenOperation(document, operation),
    }
  }
  return {
    openapi: '3.0.3',
    info: { title, version, description: summary },
    servers: [{ url: origin }],
    tags: document.tags,
    security: document.security ?? [],
    paths,
    components: { securitySchemes: document.components.securitySchemes },
  }
}

function flattenOperation(document: OpenApiDocument, operation: ListedOperation): FlatOperation {
  const { operationId, tags, summary, description = summary, security, requestBody } = operation
  return {
    operationId,
    tags,
    summary,
    description: description.trim(),
    ...(security === undefined ? {} : { security }),
    parameters: operation.parameters
      .filter((parameter) => parameter.in !== 'header')
      .map(({ name, in: place, required = false, description = '', schema, example }) => ({
        name,
        in: place,
        required,
        description,
        schema: flattenSchema(document, schema),
        ...(example === undefined ? {} : { example }),
      })),
    ...(requestBody === undefined
      ? {}
      : {
          requestBody: {
            required: requestBody.required ?? false,
            content: flattenContent(document, requestBody.content),
          },
        }),
    responses: Object.fromEntries(
      Object.entries(operation.responses).map(([status, answer]) => [
        status,
        flattenAnswer(document, status, answer),
      ]),
    ),
  }
}

/** Of failures only the words stay: their shape is the same everywhere, and importers do not ask for it. */
function flattenAnswer(
  document: OpenApiDocument,
  status: string,
  { description, content }: Answer,
): FlatOperation['responses'][string] {
  if (!status.startsWith('2') || content === undefined) return { description }
  return { description, content: flattenContent(document, content) }
}

/** One content type: JSON where there is a choice. */
function flattenContent(document: OpenApiDocument, content: Content): Record<string, FlatMedia> {
  const types = Object.keys(content)
  const type = types.find((name) => name === 'application/json') ?? types[0]
  const media = type === undefined ? undefined : content[type]
  if (type === undefined || media === undefined) return {}
  const example = firstExample(media)
  return {
    [type]: {
      schema: flattenSchema(document, media.schema),
      ...(example === undefined ? {} : { example }),
    },
  }
}

/** The first example of a body or an answer. */
export function firstExample(media: MediaType): unknown {
  return media.example ?? Object.values(media.examples ?? {})[0]?.value
}
