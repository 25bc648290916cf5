import { type Request } from 'express'
import { type AnswerSink } from '../http/answer-sink.ts'
import { Recording } from '../http/recording.ts'
import { type RequestContext } from '../http/request-context.ts'
import { clientOutlet } from '../proxy/client-outlet.ts'
import { type Call, Exchange } from '../proxy/exchange.ts'
import { relay } from '../proxy/relay.ts'
import { type InferenceDeps } from './inference.ts'

type ServeDeps = Pick<InferenceDeps, 'upstream' | 'clocks' | 'admission' | 'answers'>

/**
 * Forwards a call and answers with what comes. With an `Idempotency-Key` a retry of the same call gets the first answer
 * again, or joins it while it is being made. Uploads are forwarded each time: their bytes are not kept to be compared.
 *
 * @throws {GatewayError} when it failed before anything was sent to the client
 */
export async function serveOnce(deps: ServeDeps, call: Call, req: Request, sink: AnswerSink): Promise<void> {
  const key = req.headers['idempotency-key']
  const { body } = call
  if (typeof key !== 'string' || call.method !== 'POST' || !(body === null || Buffer.isBuffer(body))) {
    await forward(deps, call, sink.context, sink)
    return
  }
  const claim = { caller: callerOf(sink.context), key, request: [call.method, call.path, body ?? ''] }
  const { value: recording, isNew } = deps.answers.claim(claim, () => new Recording(sink.context))
  if (isNew) void record(deps, call, recording)
  await recording.serve(sink, !isNew)
}

async function record(deps: ServeDeps, call: Call, recording: Recording): Promise<void> {
  try {
    await forward(deps, call, recording.context, recording)
  } catch (problem) {
    recording.fail(problem)
  }
}

async function forward(
  deps: ServeDeps,
  call: Call,
  context: RequestContext,
  sink: AnswerSink,
): Promise<void> {
  const leave = await deps.admission.enter(callerOf(context), (giveUp) => context.onInterrupted(giveUp))
  try {
    await relay(deps.upstream, new Exchange(call, context, clientOutlet(sink), deps.clocks))
  } finally {
    leave()
  }
}

function callerOf(context: RequestContext): string {
  return context.record.key ?? 'everyone'
}
