import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { answerChat } from './chat-completions.ts'
import { answerCompletion } from './completions.ts'
import { DemoError } from './demo-error.ts'
import { listDemoModels, retrieveDemoModel } from './demo-models.ts'
import { answerEmbeddings } from './embeddings.ts'
import { type Exchange, openExchange, sendJson } from './exchange.ts'
import { answerMessage } from './messages.ts'
import { answerResponse } from './responses.ts'

type Answer = (exchange: Exchange) => Promise<void> | void

const answerLiveness: Answer = ({ res }) => {
  res.setHeader('content-type', 'application/json').end('"I\'m alive!"')
}

const routes: Readonly<Record<string, Answer>> = {
  'GET /models': (exchange) => sendJson(exchange, listDemoModels()),
  'POST /chat/completions': answerChat,
  'POST /completions': answerCompletion,
  'POST /embeddings': answerEmbeddings,
  'POST /responses': answerResponse,
  'POST /messages': answerMessage,
  'GET /health/liveliness': answerLiveness,
  'GET /health/readiness': (exchange) => sendJson(exchange, { status: 'healthy', demo_upstream: true }),
}

/**
 * A stand-in for LiteLLM on a machine that has none: the same paths and shapes, three make-believe models, no key
 * needed, no provider behind it. The caller listens on it and closes it.
 */
export function createDemoUpstream(): Server {
  return createServer((req, res) => void answer(req, res))
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const handle = findRoute(req.method ?? 'GET', (req.url ?? '/').split('?', 1)[0] ?? '/')
    await handle(await openExchange(req, res))
  } catch (error) {
    refuse(res, error)
  }
}

/** LiteLLM serves every path with and without `/v1`. */
function findRoute(method: string, path: string): Answer {
  const bare = path.replace(/^\/v1(?=\/)/, '')
  const handle = routes[`${method} ${bare}`]
  if (handle) return handle
  if (method === 'GET' && bare.startsWith('/models/')) return retrieveRoute(bare.slice('/models/'.length))
  throw new DemoError(404, `The demo upstream does not serve ${method} ${path}`)
}

function retrieveRoute(encodedId: string): Answer {
  return (exchange) => sendJson(exchange, retrieveDemoModel(decodeURIComponent(encodedId)))
}

function refuse(res: ServerResponse, error: unknown): void {
  // Nobody is left to tell, or the head is out: closing the socket is the only honest end.
  if (res.destroyed || res.headersSent) {
    res.destroy()
    return
  }
  const refusal = error instanceof DemoError ? error : new DemoError(500, 'The demo upstream failed')
  res.statusCode = refusal.status
  res.setHeader('connection', 'close')
  res.setHeader('content-type', 'application/json').end(JSON.stringify(refusal))
}
