import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { type Behaviour, type UpstreamExchange } from './upstream-stub.ts'

export type Bytes = string | Buffer

interface AnswerOptions {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

interface StreamOptions extends AnswerOptions {
  /** Pause before each part; without it the parts are separate writes of consecutive event loop turns. */
  readonly pauseMs?: number
  /** How it ends: properly, by FIN without the final chunk, by RST, or not at all. */
  readonly end?: 'complete' | 'fin' | 'reset' | 'silent'
}

function headOf(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} Scripted\r\n${lines.join('')}\r\n`
}

/** A whole answer with a correct content-length, once the whole request is there. */
export function whole(body: Bytes, { status = 200, headers = {} }: AnswerOptions = {}): Behaviour {
  return async ({ socket, bodyRead }) => {
    await bodyRead
    const length = String(Buffer.byteLength(body))
    const type = { 'content-type': 'application/json', 'content-length': length }
    socket.write(Buffer.concat([Buffer.from(headOf(status, { ...type, ...headers })), Buffer.from(body)]))
  }
}

export const json = (payload: unknown, options: AnswerOptions = {}): Behaviour =>
  whole(JSON.stringify(payload), options)

/** A chunked answer, an HTTP chunk for each part. */
export function stream(parts: Iterable<Bytes>, options: StreamOptions = {}): Behaviour {
  const { status = 200, headers = {}, pauseMs, end = 'complete' } = options
  const type = { 'content-type': 'text/event-stream; charset=utf-8', 'transfer-encoding': 'chunked' }
  return async (exchange) => {
    await exchange.bodyRead
    exchange.socket.write(headOf(status, { ...type, ...headers }))
    for (const part of parts) {
      await pause(exchange, pauseMs)
      exchange.socket.write(toChunk(part))
    }
    await finish(exchange, end)
  }
}

export function toChunk(part: Bytes): Buffer {
  const bytes = Buffer.from(part)
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')])
}

async function pause({ gone }: UpstreamExchange, pauseMs: number | undefined): Promise<void> {
  if (pauseMs === undefined) await nextTurn(undefined, { signal: gone })
  else await wait(pauseMs, undefined, { signal: gone })
}

async function finish(exchange: UpstreamExchange, end: StreamOptions['end']): Promise<void> {
  const { socket, gone } = exchange
  if (end === 'complete') socket.write('0\r\n\r\n')
  if (end === 'fin') socket.end()
  if (end === 'reset') {
    // A reset discards what is not sent yet, so what came before it is let out first.
    await wait(10, undefined, { signal: gone })
    socket.resetAndDestroy()
  }
}

/** Exactly these bytes, each in its own write, and then as told; nothing is framed for you. */
export function raw(
  parts: readonly Bytes[],
  options: Pick<StreamOptions, 'pauseMs' | 'end'> = {},
): Behaviour {
  return async (exchange) => {
    await exchange.bodyRead
    for (const part of parts) {
      await pause(exchange, options.pauseMs)
      exchange.socket.write(part)
    }
    if (options.end !== 'complete') await finish(exchange, options.end)
  }
}

/** Reads the request and never says a word. */
export const silence: Behaviour = () => undefined

/** Resets the connection as soon as the request's head is there. */
export const resetAtOnce: Behaviour = ({ socket }) => void socket.resetAndDestroy()

/** Waits, then behaves. */
export function after(ms: number, behaviour: Behaviour): Behaviour {
  return async (exchange) => {
    await wait(ms, undefined, { signal: exchange.gone })
    await behaviour(exchange)
  }
}

/** Holds the answer until the test calls `release`. */
export function held(behaviour: Behaviour): { readonly behaviour: Behaviour; release(): void } {
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  return {
    behaviour: async (exchange) => {
      await released
      await behaviour(exchange)
    },
    release: () => release(),
  }
}
