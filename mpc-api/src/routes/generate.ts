import { type Request, type RequestHandler, type Response } from 'express'
import { toGatewayError } from '../errors/to-gateway-error.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { EventStream } from '../http/event-stream.ts'
import { readBody } from '../http/read-body.ts'
import { contextOf } from '../http/request-context.ts'
import { requireJson } from './json-call.ts'
import { sendJson } from '../http/respond.ts'
import { type ExchangeClocks } from '../proxy/clocks.ts'
import { ChatSession, ClientLeft } from '../proxy/complete-chat.ts'
import { type Upstream } from '../proxy/upstream.ts'
import { parseJsonObject } from '../services/checks/parse-json-object.ts'
import {
  type Complete,
  generate,
  type Generated,
  type GenerationTools,
} from '../services/generation/generate.ts'
import { type Job, type Kind } from '../services/generation/generation-kind.ts'
import { findKind } from '../services/generation/kinds.ts'
import { type PromptLibrary } from '../services/generation/prompt-library.ts'
import { invalidRequest } from '../services/generation/validate-request.ts'

const PREFIX = '/generate/'

export interface GenerateDeps {
  upstream: Upstream
  limits: { maxBodyBytes: number; maxJsonDepth: number }
  clocks: ExchangeClocks & { bodyIdleMs: number }
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
    const job = await readJob(deps, kind, req, res)
    const model = chooseModel(job, deps.defaultModel)
    const { record } = contextOf(req)
    record.model = model
    record.stream = job.stream
    const answer = (tools: GenerationTools) => answerWith(kind, model, generate(job, tools))
    const tools = { complete: completer(deps, req, model), prompts: deps.prompts }
    try {
      if (job.stream) await stream(new EventStream(res, deps.clocks), tools, answer)
      else sendJson(res, 200, await answer(tools))
    } catch (problem) {
      if (!(problem instanceof ClientLeft)) throw problem
    }
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

async function readJob(deps: GenerateDeps, kind: Kind, req: Request, res: Response): Promise<Job> {
  requireJson(req)
  const bytes = await readBody(req, res, {
    maxBytes: deps.limits.maxBodyBytes,
    variable: 'MPC_MAX_BODY_BYTES',
    idleMs: deps.clocks.bodyIdleMs,
  })
  contextOf(req).record.bytesIn = bytes.length
  return kind.prepare(parseJsonObject(bytes, deps.limits.maxJsonDepth))
}

/** @throws {GatewayError} VALIDATION_ERROR when nothing says which model */
function chooseModel(job: Job, defaultModel: string | undefined): string {
  const model = job.model ?? defaultModel
  if (model !== undefined) return model
  const message = 'is missing, and MPC_GENERATE_MODEL names none; GET /api/models lists what there is'
  throw invalidRequest([{ path: 'model', message }])
}

function completer(deps: GenerateDeps, req: Request, model: string): Complete {
  const session = new ChatSession(deps, contextOf(req), req.headers)
  return (messages, schema, onText) => session.complete({ model, messages, schema, onText })
}

async function answerWith(kind: Kind, model: string, generated: Promise<Generated>) {
  const { result, promptVersion, promptDigest, usage } = await generated
  return {
    success: true,
    message: kind.message,
    data: { result, model, promptVersion, promptDigest, usage },
    timestamp: new Date().toISOString(),
  }
}

async function stream(
  events: EventStream,
  tools: GenerationTools,
  answer: (tools: GenerationTools) => Promise<object>,
): Promise<void> {
  try {
    const last = await answer({ ...tools, report: (event) => events.send(event) })
    events.end({ type: 'result', ...last })
  } catch (problem) {
    events.stop()
    if (problem instanceof ClientLeft || !events.started) throw problem
    events.fail(toGatewayError(problem))
  }
}
