import { z } from 'zod'
import { kinds } from './kinds.ts'

/** One content endpoint, as an API description shows it. Schemas are JSON Schema 2020-12, without `$ref`. */
export interface GenerationDescription {
  path: string
  name: string
  summary: string
  request: Record<string, unknown>
  /** The whole answer: the envelope with the result, the model, the prompt's version and the usage in `data`. */
  response: Record<string, unknown>
  /** One event of the answer to `stream: true`. */
  event: Record<string, unknown>
  /** A request that works as it stands, and needs no model where MPC_GENERATE_MODEL is set. */
  example: Record<string, unknown>
}

const count = z.int().min(0).nullable()
const usage = z.strictObject({
  turns: z.int().min(1).describe('How often the model was asked: a second time to repair its answer.'),
  inputTokens: count.describe('All input, cached or not; null when the model did not say.'),
  cachedInputTokens: count,
  outputTokens: count.describe('All output, reasoning included.'),
  reasoningTokens: count,
  totalTokens: count,
  costMicroUsd: count.describe('Millionths of a dollar; null when unknown.'),
})
const problem = z.strictObject({ path: z.string(), message: z.string() })
const turn = z.int().min(1)

/** The content endpoints with the schemas of what they take and answer, for OpenAPI and the documentation. */
export function describeGeneration(): GenerationDescription[] {
  return kinds.map(({ name, summary, request, result, example }) => {
    const envelope = toEnvelope(result)
    return {
      path: `/generate/${name}`,
      name,
      summary,
      request: toJson(request, 'input'),
      response: toJson(envelope, 'output'),
      event: toJson(toEvent(envelope), 'output'),
      example,
    }
  })
}

function toEnvelope(result: z.ZodType) {
  return z.strictObject({
    success: z.literal(true),
    message: z.string(),
    data: z.strictObject({
      result,
      model: z.string(),
      promptVersion: z.string().describe('Such as script.v1.'),
      promptDigest: z.string().describe('Changes when any prompt file is edited.'),
      usage,
    }),
    timestamp: z.iso.datetime(),
  })
}

function toEvent(envelope: ReturnType<typeof toEnvelope>) {
  return z.union([
    z.strictObject({ type: z.literal('progress'), stage: z.literal('writing'), turn }),
    z.strictObject({
      type: z.literal('progress'),
      stage: z.literal('repairing'),
      turn,
      problems: z.array(problem),
    }),
    z
      .strictObject({ type: z.literal('part'), turn, path: z.string(), value: z.unknown() })
      .describe('A finished part as the model wrote it, not checked yet.'),
    envelope.extend({ type: z.literal('result') }).describe('The last event.'),
  ])
}

function toJson(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const json: Record<string, unknown> = { ...z.toJSONSchema(schema, { io, reused: 'inline' }) }
  delete json['$schema']
  return json
}
