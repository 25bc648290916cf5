import {
  type Answer,
  follow,
  type Method,
  type OpenApiDocument,
  type Operation,
  type Parameter,
} from './openapi-document.ts'

/** One operation with everything that the document says of it elsewhere. */
export interface ListedOperation extends Operation {
  method: Method
  /** As the document spells it, below the server's path. */
  path: string
  /** From the root of the host, such as `/api/models/{model_id}`. */
  fullPath: string
  needsKey: boolean
  /** Those of the path and of the operation. */
  parameters: Parameter[]
  /** By status, or `default`. */
  responses: Record<string, Answer>
}

const METHODS: readonly Method[] = ['get', 'post', 'delete']

/** Every operation, in the order of the document, references followed. */
export function listOperations(document: OpenApiDocument): ListedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method]
      if (operation === undefined) return []
      const base = (item.servers ?? document.servers)[0]?.url ?? ''
      return {
        ...operation,
        method,
        path,
        fullPath: base.replace(/\/$/, '') + path,
        needsKey: (operation.security ?? document.security ?? []).length > 0,
        parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((parameter) =>
          follow(document, parameter),
        ),
        responses: Object.fromEntries(
          Object.entries(operation.responses).map(([status, answer]) => [status, follow(document, answer)]),
        ),
      }
    }),
  )
}
