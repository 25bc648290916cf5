import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { type OpenApiDocument, type Schema } from '../../src/services/contract/openapi-document.ts'

/** What a value breaks of a schema of the contract; empty when it fits. */
export type CheckSchema = (schema: Schema, value: unknown) => string[]

const known = new WeakMap<OpenApiDocument, CheckSchema>()

export function schemaChecker(contract: OpenApiDocument): CheckSchema {
  const checker = known.get(contract) ?? createChecker(contract)
  known.set(contract, checker)
  return checker
}

function createChecker(contract: OpenApiDocument): CheckSchema {
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false })
  addFormats.default(ajv)
  ajv.addVocabulary(['components', 'example'])
  ajv.addSchema({ $id: 'contract:', components: contract.components })
  return (schema, value) => {
    const validate = ajv.compile({ ...rebase(schema), $id: undefined } as object)
    if (validate(value)) return []
    return (validate.errors ?? []).map(
      ({ instancePath, message }) => `${instancePath || '/'} ${message ?? ''}`,
    )
  }
}

/** Makes references into the document's components absolute. */
function rebase(schema: Schema): Schema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"contract:#/components/')) as Schema
}
