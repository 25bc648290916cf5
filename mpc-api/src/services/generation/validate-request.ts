import { type z } from 'zod'
import { GatewayError } from '../../errors/gateway-error.ts'
import { toProblems } from './describe-issue.ts'
import { type Problem } from './problem.ts'

/**
 * Checks a request body against its schema and against what holds between its fields.
 *
 * @param across finds what is wrong between fields, in a body that may be wrong in any other way too
 * @throws {GatewayError} VALIDATION_ERROR that lists every field at fault
 */
export function validateRequest<Request>(
  schema: z.ZodType<Request>,
  body: Record<string, unknown>,
  across: (body: Record<string, unknown>) => Problem[],
): Request {
  const parsed = schema.safeParse(body, { reportInput: true })
  const problems = [...(parsed.success ? [] : toProblems(parsed.error)), ...across(body)]
  if (parsed.success && problems.length === 0) return parsed.data
  throw invalidRequest(problems)
}

/** The error of a request with these problems. */
export function invalidRequest(problems: readonly Problem[]): GatewayError {
  const fields = problems.map(({ path, message }) => ({ field: path, message }))
  const sentence = problems.map(({ path, message }) => `${path} ${message}`).join('; ')
  const param = problems[0]?.path
  return new GatewayError('VALIDATION_ERROR', `The request is not valid: ${sentence}.`, {
    details: { fields },
    ...(param === undefined ? {} : { param }),
  })
}
