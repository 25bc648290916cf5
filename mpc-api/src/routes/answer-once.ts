import { type IncomingHttpHeaders } from 'node:http'
import { type AnswerSink } from '../http/answer-sink.ts'
import { Recording } from '../http/recording.ts'
import { type IdempotencyStore } from '../services/idempotency/idempotency-store.ts'

/** Makes an answer and writes it into a sink. */
export type Work = (sink: AnswerSink) => Promise<void>

/** How a retry is told from a new request. */
export interface Once {
  headers: IncomingHttpHeaders
  /** What the same key must always ask for. */
  request: readonly (string | Buffer)[]
}

/**
 * Does the work for a client. With an `Idempotency-Key` a retry of the same request gets the first answer again, or joins
 * it while it is being made.
 *
 * @throws what the work throws before there was an answer
 */
export function answerOnce(
  answers: IdempotencyStore<Recording>,
  { headers, request }: Once,
  sink: AnswerSink,
  work: Work,
): Promise<void> {
  const key = headers['idempotency-key']
  if (typeof key !== 'string') {
    return work(sink)
  }
  const claim = { caller: sink.context.caller, key, request }
  const { value: recording, isNew } = answers.claim(claim, () => new Recording(sink.context))
  if (isNew) void record(work, recording).then(() => answers.settle(claim, recording))
  return recording.serve(sink, !isNew)
}

async function record(work: Work, recording: Recording): Promise<void> {
  try {
    await work(recording)
  } catch (problem) {
    recording.fail(problem)
  }
}
