import { type Request, type RequestHandler, type Response } from 'express'
import { GatewayError } from '../errors/gateway-error.ts'
import { toGatewayError } from '../errors/to-gateway-error.ts'
import { type AnswerSink, ClientSink } from '../http/answer-sink.ts'
import { EventStream } from '../http/event-stream.ts'
import { readBody } from '../http/read-body.ts'
import { type Recording } from '../http/recording.ts'
import { contextOf } from '../http/request-context.ts'
import { JSON_TYPE } from '../http/respond.ts'
import { type ExchangeClocks } from '../proxy/clocks.ts'
import { ChatSession, ClientLeft } from '../proxy/complete-chat.ts'
import { type Upstream } from '../proxy/upstream.ts'
import { parseJsonObject } from '../services/checks/parse-json-object.ts'
import { type Complete, generate, type GenerationTools } from '../services/generation/generate.ts'
import { type Job, type Kind } from '../services/generation/generation-kind.ts'
import { findKind } from '../services/generation/kinds.ts'
import { type PromptLibrary } from '../services/generation/prompt-library.ts'
import { invalidRequest } from '../services/generation/validate-request.ts'
import { type IdempotencyStore } from '../services/idempotency/idempotency-store.ts'
import { type Admission } from '../services/limits/admission.ts'
import { answerOnce } from './answer-once.ts'
import { requireJson } from './json-call.ts'

const PREFIX = '/generate/'

export interface GenerateDeps {
  upstream: Upstream
  limits: { maxBodyBytes: number; maxJsonDepth: number }
  clocks: ExchangeClocks & { bodyIdleMs: number }
  admission: Admission
  answers: IdempotencyStore<Recording>
  prompts: PromptLibrary
  /** Writes where a request names no model; undefined when there is none. */
  defaultModel: string | undefined
}

/** True for paths whose callers need a key. */
export function isGeneratePath(path: string): boolean {
  return path === '/generate' || path.startsWith(PREFIX)
}

/** Serves `POST /generate/{kind}`: whole, or as a stream of events that ends with the whole. */
export function generation(deps: GenerateDeps): RequestHandler {
  return async function serveGeneration(req, res, next) {
    const kind = chooseKind(req)
    if (kind === undefined) {
      next()
      return
    }
    const { bytes, job } = await readJob(deps, kind, req, res)
    const order = { kind, job, model: chooseModel(job, deps.defaultModel), headers: req.headers }
    const { record, target } = contextOf(req)
    record.model = order.model
    record.stream = job.stream
    const work = (sink: AnswerSink) => write(deps, order, sink)
    const once = { headers: req.headers, request: ['POST', target.path, bytes] }
    await answerOnce(deps.answers, once, new ClientSink(res), work)
  }
}

/** @throws {GatewayError} METHOD_NOT_ALLOWED */
function chooseKind(req: Request): Kind | undefined {
  const { target, record } = contextOf(req)
  const kind = target.path.startsWith(PREFIX) ? findKind(target.path.slice(PREFIX.length)) : undefined
  if (kind === undefined) return undefined
  record.route = PREFIX + kind.name
  if (req.method === 'POST') return kind
  throw new GatewayError('METHOD_NOT_ALLOWED', `${req.method} is not allowed here; use POST.`, {
    headers: { allow: 'POST' },
  })
}

async function readJob(
  deps: GenerateDeps,
  kind: Kind,
  req: Request,
  res: Response,
): Promise<{ bytes: Buffer; job: Job }> {
  requireJson(req)
  const bytes = await readBody(req, res, {
    maxBytes: deps.limits.maxBodyBytes,
    variable: 'MPC_MAX_BODY_BYTES',
    idleMs: deps.clocks.bodyIdleMs,
  })
  contextOf(req).record.bytesIn = bytes.length
  return { bytes, job: kind.prepare(parseJsonObject(bytes, deps.limits.maxJsonDepth)) }
}

/** @throws {GatewayError} VALIDATION_ERROR when nothing says which model */
function chooseModel(job: Job, defaultModel: string | undefined): string {
  const model = job.model ?? defaultModel
  if (model !== undefined) return model
  const message = 'is missing, and MPC_GENERATE_MODEL names none; GET /api/models lists what there is'
  throw invalidRequest([{ path: 'model', message }])
}

/** A request that has been read and checked. */
interface Order {
  kind: Kind
  job: Job
  model: string
  headers: Request['headers']
}

/** Generates in a place of its own among the requests at LiteLLM, however many turns it takes. */
async function write(deps: GenerateDeps, order: Order, sink: AnswerSink): Promise<void> {
  const { context } = sink
  const leave = await deps.admission.enter(context.caller, (giveUp) => context.onInterrupted(giveUp))
  const session = new ChatSession(deps, context, order.headers)
  const complete: Complete = (messages, schema, onText) =>
    session.complete({ model: order.model, messages, schema, onText })
  const tools = { complete, prompts: deps.prompts }
  try {
    if (order.job.stream) await stream(order, tools, new EventStream(sink, deps.clocks))
    else sink.body(200, ['content-type', JSON_TYPE], Buffer.from(JSON.stringify(await answer(order, tools))))
  } catch (problem) {
    if (!(problem instanceof ClientLeft)) throw problem
  } finally {
    leave()
  }
}

async function stream(order: Order, tools: GenerationTools, events: EventStream): Promise<void> {
  try {
    const last = await answer(order, { ...tools, report: (event) => events.send(event) })
    events.end({ type: 'result', ...last })
  } catch (problem) {
    if (problem instanceof ClientLeft || !events.started) {
      events.stop()
      throw problem
    }
    events.fail(toGatewayError(problem))
  }
}

async function answer({ kind, job, model }: Order, tools: GenerationTools) {
  const { result, promptVersion, promptDigest, usage } = await generate(job, tools)
  return {
    success: true,
    message: kind.message,
    data: { result, model, promptVersion, promptDigest, usage },
    timestamp: new Date().toISOString(),
  }
}
