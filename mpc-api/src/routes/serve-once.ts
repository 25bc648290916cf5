import { type Request } from 'express'
import { type AnswerSink } from '../http/answer-sink.ts'
import { ClientOutlet } from '../proxy/client-outlet.ts'
import { type Call, Exchange } from '../proxy/exchange.ts'
import { relay } from '../proxy/relay.ts'
import { answerOnce } from './answer-once.ts'
import { type InferenceDeps } from './inference-deps.ts'

type ServeDeps = Pick<InferenceDeps, 'upstream' | 'clocks' | 'admission' | 'answers'>

/**
 * Forwards a call and answers with what comes, once for each `Idempotency-Key`. Uploads are forwarded each time: their
 * bytes are not kept to be compared.
 *
 * @throws {GatewayError} when it failed before anything was sent to the client
 */
export function serveOnce(deps: ServeDeps, call: Call, req: Request, sink: AnswerSink): Promise<void> {
  const { body } = call
  if (call.method !== 'POST' || !(body === null || Buffer.isBuffer(body))) {
    return forward(deps, call, sink)
  }
  const once = { headers: req.headers, request: [call.method, call.path, body ?? ''] }
  return answerOnce(deps.answers, once, sink, (target) => forward(deps, call, target))
}

async function forward(deps: ServeDeps, call: Call, sink: AnswerSink): Promise<void> {
  const { context } = sink
  const leave = await deps.admission.enter(context.caller, (giveUp) => context.onInterrupted(giveUp))
  try {
    await relay(deps.upstream, new Exchange(call, context, new ClientOutlet(sink), deps.clocks))
  } finally {
    leave()
  }
}
