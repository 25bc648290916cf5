/** The parts of an OpenAPI 3.1 document that the gateway reads of its own contract. */
export interface OpenApiDocument {
  openapi: string
  info: { title: string; version: string; summary?: string; description?: string }
  servers: Server[]
  security?: SecurityRequirement[]
  tags: { name: string; description: string }[]
  paths: Record<string, PathItem>
  components: Components
}

export interface Server {
  url: string
  description?: string
}

export type SecurityRequirement = Record<string, string[]>

export interface Components {
  securitySchemes: Record<string, { description: string }>
  parameters: Record<string, Parameter>
  headers: Record<string, Header>
  responses: Record<string, Answer>
  schemas: Record<string, Schema>
}

export interface Reference {
  $ref: string
}

export type Method = 'get' | 'post' | 'delete'

export type PathItem = Partial<Record<Method, Operation>> & {
  servers?: Server[]
  parameters?: (Parameter | Reference)[]
}

export interface Operation {
  operationId: string
  tags: string[]
  summary: string
  description?: string
  security?: SecurityRequirement[]
  parameters?: (Parameter | Reference)[]
  requestBody?: { required?: boolean; content: Content }
  responses: Record<string, Answer | Reference>
  /** False for what an importer of tools can do nothing with. */
  'x-importers'?: boolean
}

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required?: boolean
  description?: string
  schema: Schema
  example?: unknown
}

export interface Header {
  required?: boolean
  description: string
  schema: Schema
  example?: unknown
}

export interface Answer {
  description: string
  headers?: Record<string, Header | Reference>
  content?: Content
}

export type Content = Record<string, MediaType>

export interface MediaType {
  schema: Schema
  example?: unknown
  examples?: Record<string, { summary?: string; value: unknown }>
  /** Of an event stream: the shape of each `data:` line. */
  'x-event-schema'?: Schema
}

/** A JSON schema (draft 2020-12), or a reference to one. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  description?: string
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  allOf?: Schema[]
  enum?: unknown[]
  const?: unknown
  contentMediaType?: string
  [keyword: string]: unknown
}

/**
 * Follows a reference into the document's components; anything else is given back as it is.
 *
 * @throws {Error} when it leads nowhere
 */
export function follow<T extends object>(document: OpenApiDocument, value: T | Reference): T {
  if (!('$ref' in value) || typeof value.$ref !== 'string') return value as T
  const names = value.$ref.replace(/^#\//, '').split('/')
  const found = names.reduce<unknown>(
    (inner, name) => (inner as Record<string, unknown> | undefined)?.[name],
    document,
  )
  if (found === undefined) throw new Error(`${value.$ref} leads nowhere in the contract`)
  return follow(document, found as T)
}
