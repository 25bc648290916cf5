import { createConfig, lint } from '@redocly/openapi-core'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { errorCatalog } from '../../src/errors/error-catalog.ts'
import { endpointTable } from '../../src/proxy/endpoint-table.ts'
import { type ListedOperation, listOperations } from '../../src/services/contract/list-operations.ts'
import { readContract } from '../../src/services/contract/read-contract.ts'
import { version } from '../../src/version.ts'
import { describeGeneration } from '../../src/services/generation/describe-generation.ts'
import { exampleProblems } from '../support/contract-examples.ts'
import { fieldsOf } from '../support/contract-fields.ts'

const contract = await readContract()
const operations = listOperations(contract)
const anonymous = (path: string) => path.replace(/\{[^}]+\}|:\w+/g, '{}')

/** What the gateway serves beside the endpoint table. */
const servedElsewhere = new Set([
  'GET /models/{}',
  'GET /realtime',
  'GET /ws/chat',
  'POST /generate/script',
  'POST /generate/thumbnail-prompt',
  'POST /generate/metadata',
  'GET /health',
  'GET /health/live',
  'GET /health/ready',
  'GET /openapi.json',
  'GET /openapi-3.0.json',
  'GET /docs',
])

describe('openapi/mpc-api.oas.yaml', () => {
  it('passes the linter', async () => {
    const config = await createConfig({
      extends: ['recommended'],
      rules: {
        // Fields that schemas do not name are part of the contract: they pass the gateway.
        'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: true },
        // Schemas of events are used by x-event-schema, responses by the table of errors.
        'no-unused-components': 'off',
        'operation-operationId-url-safe': 'error',
        'operation-description': 'off',
      },
    })
    const ref = fileURLToPath(new URL('../../../openapi/mpc-api.oas.yaml', import.meta.url))
    const problems = await lint({ ref, config })

    expect(problems.map(({ message, location }) => `${location[0]?.pointer ?? ''}: ${message}`)).toEqual([])
  })

  it('has an operation for every row of the endpoint table', () => {
    const known = operations.map(({ method, path }) => `${method.toUpperCase()} ${anonymous(path)}`)
    const served = endpointTable.map(({ method, route }) => `${method} ${anonymous(route)}`)

    expect(served.filter((row) => !known.includes(row))).toEqual([])
  })

  it('has no operation that is not served', () => {
    const served = new Set(endpointTable.map(({ method, route }) => `${method} ${anonymous(route)}`))
    const promised = operations.map(({ method, path }) => `${method.toUpperCase()} ${anonymous(path)}`)

    expect(promised.filter((row) => !served.has(row) && !servedElsewhere.has(row))).toEqual([])
  })

  it('knows every error of the catalogue, with its status and type', () => {
    const described = Object.values(contract.components.responses).map((answer) => {
      const { error } = answer.content?.['application/json']?.example as {
        error: { code: string; statusCode: number; type: string }
      }
      return [error.code, { status: error.statusCode, type: error.type }]
    })

    expect(Object.fromEntries(described)).toEqual(errorCatalog)
    expect(contract.components.schemas['ErrorCode']?.enum).toEqual(Object.keys(errorCatalog))
  })

  it('has the version of the package', () => {
    expect(contract.info.version).toBe(version)
  })

  it.each(operations)('$operationId: every example fits its schema, and every body has one', (operation) => {
    expect(exampleProblems(contract, operation)).toEqual([])
  })

  it('offers Idempotency-Key where it is served: on every POST but plain uploads', () => {
    const offers = (operation: ListedOperation) =>
      operation.parameters.some(({ name }) => name === 'Idempotency-Key')
    const isServed = ({ method, requestBody }: ListedOperation) =>
      method === 'post' && Object.keys(requestBody?.content ?? {}).join() !== 'multipart/form-data'
    const wrong = operations.filter((operation) => offers(operation) !== isServed(operation))

    expect(wrong.map(({ operationId }) => operationId)).toEqual([])
  })

  it.each(describeGeneration())('has the fields of POST $path as the code has them', (description) => {
    const operation = operations.find(({ path }) => path === description.path)!
    const body = operation.requestBody!.content['application/json']!.schema
    const answer = operation.responses['200']!.content!['application/json']!.schema

    expect(fieldsOf(contract, body)).toEqual(fieldsOf(contract, description.request))
    expect(fieldsOf(contract, answer)).toEqual(fieldsOf(contract, description.response))
  })
})
