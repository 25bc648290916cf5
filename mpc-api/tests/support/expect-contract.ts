import { expect } from 'vitest'
import { type ListedOperation, listOperations } from '../../src/services/contract/list-operations.ts'
import { follow, type Header, type MediaType } from '../../src/services/contract/openapi-document.ts'
import { readContract } from '../../src/services/contract/read-contract.ts'
import { schemaChecker } from './contract-schemas.ts'
import { readPayloads } from './read-sse.ts'

const contract = await readContract()
const check = schemaChecker(contract)
const operations = listOperations(contract)

/** Asserts that an answer is one that the contract gives for this operation, and reads it. */
export async function expectContract(operationId: string, response: Response): Promise<string> {
  const operation = operations.find((candidate) => candidate.operationId === operationId)
  const text = await response.text()
  expect(operation, `${operationId} is in the contract`).toBeDefined()
  expect(problemsOf(operation!, response, text), `${response.status} ${text.slice(0, 500)}`).toEqual([])
  return text
}

function problemsOf(operation: ListedOperation, response: Response, text: string): string[] {
  const status = String(response.status)
  const answer = operation.responses[status] ?? (response.ok ? undefined : operation.responses['default'])
  if (answer === undefined) return [`${status} is not in the contract`]
  const missing = Object.entries(answer.headers ?? {}).filter(
    ([name, header]) =>
      follow<Header>(contract, header).required === true && response.headers.get(name) === null,
  )
  const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
  const media = chooseMedia(answer.content ?? {}, type)
  if (media === undefined) return [`${type} is not in the contract for ${status}`]
  return [...missing.map(([name]) => `${name} is missing`), ...bodyProblems(media, type, text)]
}

function chooseMedia(content: Record<string, MediaType>, type: string): MediaType | undefined {
  return content[type] ?? content[type.replace(/\/.*/, '/*')] ?? content['*/*']
}

function bodyProblems(media: MediaType, type: string, text: string): string[] {
  const events = media['x-event-schema']
  if (type === 'text/event-stream') {
    if (events === undefined) return ['an event stream without x-event-schema']
    const payloads = readPayloads(text)
    return payloads.length === 0 ? ['no events'] : payloads.flatMap((payload) => check(events, payload))
  }
  return check(media.schema, type === 'application/json' ? JSON.parse(text) : text)
}
