import { type z } from 'zod'
import { type Problem, toPath } from './problem.ts'

/**
 * Says what a schema found wrong, a problem for each field. The issues must come from a parse with `reportInput`:
 * without it a missing field cannot be told from one of the wrong type.
 */
export function toProblems(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: toPath([...issue.path, key]), message: 'is not known here' }))
    }
    return [{ path: toPath(issue.path), message: describe(issue) }]
  })
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined) return 'is missing'
  return issue.message.replace(/^Invalid (?:input|option): /, '').replace(/^Too (?:small|big): /, '')
}
