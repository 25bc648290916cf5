import { GatewayError } from '../errors/gateway-error.ts'
import { parseJson } from '../protocol/parse-json.ts'
import { type Answer, type Outlet } from './answer.ts'

/** More than this is not collected, in bytes. */
const MAX_BYTES = 16 * 1024 * 1024

/** Collects a whole JSON answer for the gateway itself. `read()` returns it once the exchange is over. */
export function collectingOutlet(): Outlet & { read(): unknown } {
  let value: unknown
  return {
    read: () => value,
    whenReady: (action) => action(),
    stream: () => refuse('a stream'),
    media: () => refuse('media'),
    whole: (_status, headers, tap) => {
      tap.readCostHeader(headers.first('x-litellm-response-cost'))
      return collect((body) => {
        value = parse(body)
        tap.readAnswer(value)
      })
    },
  }
}

function refuse(kind: string): never {
  throw new GatewayError(
    'LLM_ERROR',
    `LiteLLM answered with ${kind} where a whole JSON answer was asked for.`,
  )
}

function collect(done: (body: Buffer) => void): Answer {
  const chunks: Buffer[] = []
  let size = 0
  return {
    started: false,
    write: (chunk) => {
      size += chunk.length
      if (size > MAX_BYTES)
        throw new GatewayError('LLM_ERROR', `LiteLLM's answer is larger than ${MAX_BYTES} bytes.`)
      chunks.push(chunk)
      return 'more'
    },
    readWhole: () => done(Buffer.concat(chunks)),
    end: () => undefined,
    fail: (error) => {
      throw error
    },
  }
}

function parse(body: Buffer): unknown {
  try {
    return parseJson(body.toString())
  } catch (cause) {
    throw new GatewayError('LLM_ERROR', 'LiteLLM answered with something that is not JSON.', { cause })
  }
}
