import { DemoError } from './demo-error.ts'
import { findDemoModel } from './demo-models.ts'
import { type Exchange, sendJson } from './exchange.ts'
import { toUnitVector } from './unit-vector.ts'
import { costOf, countTokens } from './usage.ts'

const defaultDimensions = 256
const maxDimensions = 4_096

/** `POST /embeddings`: the input is a text, texts, token ids or lists of token ids; vectors as floats or base64. */
export function answerEmbeddings(exchange: Exchange): void {
  const { body } = exchange
  const model = findDemoModel(body['model'], 'embedding')
  const inputs = readInputs(body['input'])
  const dimensions = readDimensions(body['dimensions'])
  const base64 = body['encoding_format'] === 'base64'
  const data = inputs.map((input, index) => {
    const vector = toUnitVector(typeof input === 'string' ? input : input.join(' '), dimensions)
    return { object: 'embedding', index, embedding: base64 ? toBase64(vector) : Array.from(vector) }
  })
  const tokens = inputs.reduce(
    (sum, input) => sum + (typeof input === 'string' ? countTokens(input) : input.length),
    0,
  )
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  sendJson(exchange, { object: 'list', data, model: model.id, usage }, costOf(tokens, 0))
}

type Input = string | readonly number[]

function readInputs(input: unknown): readonly Input[] {
  if (typeof input === 'string' || isTokens(input)) return [input]
  if (Array.isArray(input) && input.length > 0 && input.every(isInput)) return input
  throw new DemoError(400, "'input' must be a text, texts, token ids or lists of token ids", 'input')
}

const isInput = (value: unknown): value is Input => typeof value === 'string' || isTokens(value)

function isTokens(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((token) => typeof token === 'number')
}

function readDimensions(given: unknown): number {
  if (given === undefined || given === null) return defaultDimensions
  if (typeof given === 'number' && Number.isInteger(given) && given >= 1 && given <= maxDimensions)
    return given
  throw new DemoError(400, `'dimensions' must be a whole number from 1 to ${maxDimensions}`, 'dimensions')
}

/** Little-endian 32-bit floats, as the OpenAI SDKs decode them. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4)
  vector.forEach((part, index) => bytes.writeFloatLE(part, index * 4))
  return bytes.toString('base64')
}
