import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse } from 'node:http'
import { parseJson } from '../protocol/parse-json.ts'
import { DemoError } from './demo-error.ts'

export type Fields = Readonly<Record<string, unknown>>

/** One request to the demo upstream and the way to answer it. `gone` aborts when the client has left. */
export interface Exchange {
  readonly body: Fields
  readonly gone: AbortSignal
  readonly res: ServerResponse
  readonly startedAt: number
}

const maxBodyBytes = 128 * 1024 * 1024

/** Reads the body and prepares the headers that every answer carries. */
export async function openExchange(req: IncomingMessage, res: ServerResponse): Promise<Exchange> {
  const left = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) left.abort()
  })
  res.setHeader('x-litellm-call-id', callId(req))
  res.setHeader('x-demo-upstream', 'mpc-api stand-in, not a LiteLLM and not a model')
  const startedAt = performance.now()
  const body = req.method === 'POST' ? await readJson(req) : {}
  return { body, gone: left.signal, res, startedAt }
}

function callId(req: IncomingMessage): string {
  const given = req.headers['x-litellm-call-id']
  return typeof given === 'string' ? given : randomUUID()
}

async function readJson(req: IncomingMessage): Promise<Fields> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) throw new DemoError(413, `The body exceeds ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  const parsed = parseBody(Buffer.concat(chunks).toString())
  if (!isFields(parsed)) throw new DemoError(400, 'The body is no JSON object')
  return parsed
}

function parseBody(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new DemoError(400, 'The body is no valid JSON')
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Answers with whole JSON; `costUsd` becomes the header that LiteLLM puts on whole answers. */
export function sendJson({ res, startedAt }: Exchange, payload: object, costUsd?: number): void {
  if (costUsd !== undefined) {
    const elapsedMs = (performance.now() - startedAt).toFixed(3)
    res.setHeader('x-litellm-response-cost', String(costUsd))
    res.setHeader('x-litellm-response-duration-ms', elapsedMs)
    res.setHeader('x-litellm-overhead-duration-ms', '0.0')
  }
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify(payload))
}

/** Streams SSE frames as they come; stops at once, with an AbortError, when the client leaves. */
export async function sendFrames({ res, gone }: Exchange, frames: AsyncIterable<string>): Promise<void> {
  res.setHeader('content-type', 'text/event-stream; charset=utf-8')
  res.setHeader('cache-control', 'no-cache')
  for await (const frame of frames) {
    gone.throwIfAborted()
    if (!res.write(frame)) await once(res, 'drain', { signal: gone })
  }
  res.end()
}

/** A frame of chat and completion streams. */
export const dataFrame = (payload: object) => `data: ${JSON.stringify(payload)}\n\n`

/** A frame of Responses and Messages streams: the event's name stands in both lines. */
export const eventFrame = (payload: { readonly type: string }) =>
  `event: ${payload.type}\n${dataFrame(payload)}`

export const doneFrame = 'data: [DONE]\n\n'
