import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { anthropicDialect } from './scripted-provider-anthropic.ts'
import { openaiDialect, type Dialect } from './scripted-provider-openai.ts'

/** What the provider does with one request. The last behaviour of a script stays in force. */
export type ProviderBehaviour =
  | { readonly kind: 'answer'; readonly words?: readonly string[]; readonly wordEveryMs?: number }
  | {
      readonly kind: 'fail'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      /** Replaces fields of the error that the dialect would send. */
      readonly error?: Readonly<Record<string, string>>
    }
  /** TCP reset before any byte of an answer. */
  | { readonly kind: 'reset' }
  /** The connection is closed, in order, before any byte of an answer. */
  | { readonly kind: 'close' }
  /** The beginning of an answer with status 200, then a TCP reset. */
  | { readonly kind: 'cut' }
  /** The request is taken and never answered. */
  | { readonly kind: 'stall' }

/** One request that reached the provider. Times are `performance.now()` milliseconds. */
export interface ProviderCall {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** The body as it came; uploads too. */
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
  readonly model: string
  readonly streamed: boolean
  /** When the caller's connection closed before the whole answer was sent; null until then. */
  leftAt: number | null
}

export interface ScriptedProvider {
  /** Origin, without a path: `http://127.0.0.1:port`. */
  readonly origin: string
  readonly calls: ProviderCall[]
  /** Replaces what comes next and forgets the calls so far. */
  script(...behaviours: readonly ProviderBehaviour[]): void
  /** The call number `index`, as soon as it has arrived; throws after 30 seconds. */
  call(index: number): Promise<ProviderCall>
  close(): Promise<void>
}

const defaultWords: readonly string[] = ['one', ' two', ' three']
const answerInFull: ProviderBehaviour = { kind: 'answer' }

/**
 * A stand-in for OpenAI (`/v1/chat/completions`, `/v1/embeddings`, also in Azure's path) and Anthropic
 * (`/v1/messages`) that does as it is told and counts every request that reaches it.
 */
export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const calls: ProviderCall[] = []
  let queue: ProviderBehaviour[] = [answerInFull]

  const nextBehaviour = (): ProviderBehaviour => (queue.length > 1 ? queue.shift() : queue[0]) ?? answerInFull

  const server = createServer((request, response) => {
    void handle(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 0

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request)
    calls.push(call)
    response.on('close', () => {
      if (!response.writableFinished) call.leftAt = performance.now()
    })
    await perform(nextBehaviour(), call, response)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return {
    origin: `http://127.0.0.1:${port}`,
    calls,
    script(...behaviours) {
      queue = behaviours.length > 0 ? [...behaviours] : [answerInFull]
      calls.length = 0
    },
    async call(index) {
      const deadline = performance.now() + 30_000
      while (performance.now() < deadline) {
        const found = calls[index]
        if (found) return found
        await sleep(5)
      }
      throw new Error(`the provider saw ${calls.length} calls, not ${index + 1}`)
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function readCall(request: IncomingMessage): Promise<ProviderCall> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  const isJson = request.headers['content-type']?.startsWith('application/json') ?? false
  const body = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>
  return {
    path: request.url ?? '/',
    headers: request.headers,
    text,
    body,
    model: typeof body['model'] === 'string' ? body['model'] : '',
    streamed: body['stream'] === true,
    leftAt: null,
  }
}

async function perform(
  behaviour: ProviderBehaviour,
  call: ProviderCall,
  response: ServerResponse,
): Promise<void> {
  const dialect: Dialect = call.path.includes('/messages') ? anthropicDialect : openaiDialect
  switch (behaviour.kind) {
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'close':
      response.socket?.end()
      return
    case 'cut':
      cutOff(call.streamed, response)
      return
    case 'stall':
      return
    case 'fail':
      response.writeHead(behaviour.status, { 'content-type': 'application/json', ...behaviour.headers })
      response.end(JSON.stringify(dialect.failure(behaviour.status, behaviour.error)))
      return
    case 'answer': {
      const words = behaviour.words ?? defaultWords
      if (!call.streamed) {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(dialect.whole(call, words)))
        return
      }
      await stream(dialect.frames(call, words), behaviour.wordEveryMs ?? 0, response)
    }
  }
}

function cutOff(isStream: boolean, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
  response.write(isStream ? 'data: ' : '{', () => response.socket?.resetAndDestroy())
}

async function stream(frames: readonly string[], everyMs: number, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const frame of frames) {
    if (response.destroyed) return
    response.write(frame)
    if (everyMs > 0) await sleep(everyMs)
  }
  response.end()
}
