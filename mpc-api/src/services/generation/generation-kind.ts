import { z } from 'zod'
import { type Problem } from './problem.ts'
import { type CommonRequest } from './request-fields.ts'
import { toProblems } from './describe-issue.ts'
import { toModelSchema } from './model-schema.ts'
import { validateRequest } from './validate-request.ts'

/** How one kind of content is asked for, written, checked and finished. */
export interface KindDefinition<Request extends CommonRequest, Draft, Result> {
  /** Last part of the path, and the name of its prompt file. */
  name: string
  /** What the answer says when it worked. */
  message: string
  summary: string
  request: z.ZodType<Request>
  result: z.ZodType<Result>
  example: Record<string, unknown>
  /** What is wrong between the fields of a request, whatever else is wrong with it. */
  across(body: Record<string, unknown>): Problem[]
  /** What the model has to write for this request. The rest of the result is computed. */
  draft(request: Request): z.ZodType<Draft>
  /** The caller's own words, which the model must read as data. */
  toData(request: Request): Record<string, unknown>
  /** What the draft must satisfy: numbers, and words of ours alone. */
  toRequirements(request: Request): Record<string, unknown>
  /** What no schema can say. */
  check(draft: Draft, request: Request): Problem[]
  finish(draft: Draft, request: Request): Result
}

/** What a model's JSON value turned out to be. */
export type Reading = { ok: true; result: unknown } | { ok: false; problems: Problem[] }

/** One request of one kind, ready to be written. */
export interface Job {
  kind: string
  model: string | undefined
  stream: boolean
  /** JSON Schema of what the model has to write, in the words that providers understand. */
  schema: Record<string, unknown>
  data: Record<string, unknown>
  requirements: Record<string, unknown>
  read(value: unknown): Reading
}

/** A kind as the rest of the gateway sees it: the types of its request and its result stay inside. */
export interface Kind {
  name: string
  message: string
  summary: string
  request: z.ZodType
  result: z.ZodType
  example: Record<string, unknown>
  /** @throws {GatewayError} VALIDATION_ERROR that lists every field at fault */
  prepare(body: Record<string, unknown>): Job
}

export function createKind<Request extends CommonRequest, Draft, Result>(
  definition: KindDefinition<Request, Draft, Result>,
): Kind {
  const { name, message, summary, request, result, example } = definition
  return {
    name,
    message,
    summary,
    request,
    result,
    example,
    prepare: (body) =>
      toJob(
        definition,
        validateRequest(request, body, (raw) => definition.across(raw)),
      ),
  }
}

function toJob<Request extends CommonRequest, Draft, Result>(
  definition: KindDefinition<Request, Draft, Result>,
  request: Request,
): Job {
  const draft = definition.draft(request)
  return {
    kind: definition.name,
    model: request.model,
    stream: request.stream,
    schema: toModelSchema(z.toJSONSchema(draft)),
    data: definition.toData(request),
    requirements: definition.toRequirements(request),
    read: (value) => {
      const parsed = draft.safeParse(value, { reportInput: true })
      if (!parsed.success) return { ok: false, problems: toProblems(parsed.error) }
      const problems = definition.check(parsed.data, request)
      return problems.length > 0
        ? { ok: false, problems }
        : { ok: true, result: definition.finish(parsed.data, request) }
    },
  }
}
