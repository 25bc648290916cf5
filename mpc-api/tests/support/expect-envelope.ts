import { expect } from 'vitest'
import { type RawAnswer } from './read-answers.ts'

export interface Envelope {
  readonly type: 'error'
  readonly error: {
    readonly code: string
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly statusCode: number
    readonly timestamp: string
    readonly requestId: string
    readonly details: Readonly<Record<string, unknown>>
  }
}

/** Asserts that an answer is our error envelope with this status, and this code where one is given. */
export async function expectEnvelope(
  answer: Response | RawAnswer,
  status: number | readonly number[],
  code?: string,
): Promise<Envelope['error']> {
  const { headers, text } = await flatten(answer)
  expect(typeof status === 'number' ? [status] : status, text).toContain(answer.status)
  expect(headers['content-type'], text).toBe('application/json; charset=utf-8')
  const envelope = JSON.parse(text) as Envelope
  expectShape(envelope, answer.status)
  expect(envelope.error.requestId).toBe(headers['x-request-id'])
  if (code) expect(envelope.error.code).toBe(code)
  return envelope.error
}

/** Asserts the shape alone: for errors inside streams too. */
export function expectShape(envelope: unknown, status: number): void {
  // Anthropic clients look for `request_id` beside the error; streams go without.
  const { request_id, ...rest } = envelope as Envelope & { request_id?: string }
  if (request_id !== undefined) expect(request_id).toBe(rest.error.requestId)
  expect(rest).toEqual({
    type: 'error',
    error: {
      // Null where LiteLLM gave none; ours always have one, which the caller of `expectEnvelope` names.
      code: expect.toSatisfy((code) => code === null || typeof code === 'string') as string,
      message: expect.stringMatching(/./) as string,
      type: expect.stringMatching(/^[a-z_]+$/) as string,
      param: expect.toSatisfy((param) => param === null || typeof param === 'string') as string,
      statusCode: status,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      requestId: expect.stringMatching(/./) as string,
      details: expect.any(Object) as object,
    },
  })
}

async function flatten(
  answer: Response | RawAnswer,
): Promise<{ headers: Record<string, string>; text: string }> {
  if (answer instanceof Response)
    return { headers: Object.fromEntries(answer.headers), text: await answer.text() }
  return { headers: answer.headers, text: answer.body.toString() }
}
