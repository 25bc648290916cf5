import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createRequestReader } from './request-reader.ts'
import { within } from './within.ts'

/** One request as it arrived. Times are `performance.now()`. */
export interface RecordedRequest {
  readonly method: string
  readonly path: string
  /** By lower-case name; the last one wins. */
  readonly headers: Readonly<Record<string, string>>
  readonly headerList: readonly (readonly [name: string, value: string])[]
  /** The bytes received so far. */
  body: Buffer
  readonly receivedAt: number
  bodyComplete: boolean
  /** When its connection closed, whoever closed it. */
  closedAt: number | null
  /** Resolves with `closedAt`. */
  readonly closed: Promise<number>
}

/** One request and the socket to answer it on. `gone` aborts when the connection has closed. */
export interface UpstreamExchange {
  readonly request: RecordedRequest
  readonly socket: Socket
  readonly bodyRead: Promise<void>
  readonly gone: AbortSignal
}

export type Behaviour = (exchange: UpstreamExchange) => Promise<void> | void

/** A scripted LiteLLM: it answers as told, and records what reached it. */
export interface UpstreamStub {
  readonly url: string
  readonly port: number
  /** Everything but health probes. */
  readonly requests: readonly RecordedRequest[]
  /** The health probes (`GET /health/...`), answered by `probe` behaviour. */
  readonly probes: readonly RecordedRequest[]
  /** Every byte received on any connection but those of health probes. */
  received(): string
  /** How every request is answered from now on; requests already scripted with `respondOnce` come first. */
  respond(behaviour: Behaviour): void
  respondOnce(...behaviours: Behaviour[]): void
  respondToProbes(behaviour: Behaviour): void
  /** The next request not handed out yet; rejects after 2 s. */
  nextRequest(): Promise<RecordedRequest>
  /** Forgets requests and scripts; connections stay. */
  reset(): void
  openConnections(): number
  stop(): Promise<void>
}

const notScripted: Behaviour = ({ socket }) => {
  socket.end('HTTP/1.1 599 Not Scripted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
}

const alive: Behaviour = ({ socket }) => {
  const body = '"I\'m alive!"'
  socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
}

/** Listens on a free port of 127.0.0.1, or on `port` again after a stop. */
export async function startUpstreamStub(port = 0): Promise<UpstreamStub> {
  const requests: RecordedRequest[] = []
  const probes: RecordedRequest[] = []
  const sockets = new Set<Socket>()
  let bytes: Buffer[] = []
  let script: Behaviour[] = []
  let standing = notScripted
  let probe = alive
  let handedOut = 0
  let arrived: () => void = () => undefined

  const record = (request: RecordedRequest): Behaviour => {
    if (request.path.startsWith('/health/')) {
      probes.push(request)
      return probe
    }
    requests.push(request)
    arrived()
    return script.shift() ?? standing
  }

  const server = createServer({ noDelay: true, allowHalfOpen: false }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A reset by the gateway is an expected end; `closedAt` records it.
    socket.on('error', () => undefined)
    const read = createRequestReader(serveConnection(socket, record))
    socket.on('data', (chunk) => {
      if (!chunk.toString('latin1').startsWith('GET /health/')) bytes.push(chunk)
      read(chunk)
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const bound = (server.address() as AddressInfo).port

  const nextRequest = async () => {
    while (requests.length <= handedOut) await new Promise<void>((resolve) => (arrived = resolve))
    return requests[handedOut++]!
  }

  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    requests,
    probes,
    received: () => Buffer.concat(bytes).toString('latin1'),
    respond: (behaviour) => (standing = behaviour),
    respondOnce: (...behaviours) => script.push(...behaviours),
    respondToProbes: (behaviour) => (probe = behaviour),
    nextRequest: () => within(2_000, nextRequest(), 'no request reached the upstream'),
    reset: () => {
      requests.length = probes.length = handedOut = 0
      bytes = []
      script = []
      standing = notScripted
      probe = alive
    },
    openConnections: () => sockets.size,
    stop: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      if (server.listening) await once(server, 'close')
    },
  }
}

function serveConnection(socket: Socket, record: (request: RecordedRequest) => Behaviour) {
  const closing = new AbortController()
  const closed = new Promise<number>((resolve) => {
    socket.once('close', () => {
      closing.abort()
      resolve(performance.now())
    })
  })
  let current: RecordedRequest | undefined
  let bodyIsRead: () => void = () => undefined
  return {
    head(method: string, path: string, headerList: [string, string][]) {
      const headers = Object.fromEntries(headerList.map(([name, value]) => [name.toLowerCase(), value]))
      const receivedAt = performance.now()
      const request = { method, path, headers, headerList, receivedAt, closed, closedAt: null } as const
      const recorded: RecordedRequest = { ...request, body: Buffer.alloc(0), bodyComplete: false }
      void closed.then((at) => (recorded.closedAt = at))
      const bodyRead = new Promise<void>((resolve) => (bodyIsRead = resolve))
      current = recorded
      // A behaviour cut off because the gateway left has done its part.
      void Promise.resolve(
        record(recorded)({ request: recorded, socket, bodyRead, gone: closing.signal }),
      ).catch((error: unknown) => {
        if (!closing.signal.aborted) socket.destroy(error as Error)
      })
    },
    body(bytes: Buffer) {
      current!.body = Buffer.concat([current!.body, bytes])
    },
    end() {
      current!.bodyComplete = true
      bodyIsRead()
    },
  }
}
