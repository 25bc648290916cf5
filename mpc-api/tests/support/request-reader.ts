/** What a request reader finds in the bytes of one connection, in order. */
export interface RequestEvents {
  head(method: string, path: string, headers: [name: string, value: string][]): void
  body(bytes: Buffer): void
  end(): void
}

type State = 'head' | 'length' | 'chunk size' | 'chunk' | 'chunk end' | 'trailers'

/**
 * Reads HTTP/1.1 requests as a lenient upstream would, by hand, so that a test sees exactly what was sent.
 * Returns the function to feed the bytes to.
 */
export function createRequestReader(events: RequestEvents): (bytes: Buffer) => void {
  let state: State = 'head'
  let pending: Buffer = Buffer.alloc(0)
  let left = 0

  const finish = () => {
    state = 'head'
    events.end()
  }
  const takeUntil = (mark: string): string | undefined => {
    const at = pending.indexOf(mark)
    if (at < 0) return undefined
    const text = pending.toString('latin1', 0, at)
    pending = pending.subarray(at + mark.length)
    return text
  }
  const takeHead = (): boolean => {
    const text = takeUntil('\r\n\r\n')
    if (text === undefined) return false
    const { method, path, headers, length, chunked } = parseHead(text)
    events.head(method, path, headers)
    left = length
    state = chunked ? 'chunk size' : 'length'
    return true
  }
  const takeBody = (next: State | 'finish'): boolean => {
    const bytes = pending.subarray(0, left)
    pending = pending.subarray(bytes.length)
    left -= bytes.length
    if (bytes.length > 0) events.body(bytes)
    if (left > 0) return false
    if (next === 'finish') finish()
    else state = next
    return true
  }
  const takeLine = (use: (line: string) => void): boolean => {
    const line = takeUntil('\r\n')
    if (line === undefined) return false
    use(line)
    return true
  }
  const steps: Record<State, () => boolean> = {
    head: takeHead,
    length: () => takeBody('finish'),
    'chunk size': () =>
      takeLine((line) => {
        left = Number.parseInt(line, 16)
        state = left === 0 ? 'trailers' : 'chunk'
      }),
    chunk: () => takeBody('chunk end'),
    'chunk end': () => takeLine(() => (state = 'chunk size')),
    trailers: () => takeLine((line) => line === '' && finish()),
  }
  return (bytes) => {
    pending = Buffer.concat([pending, bytes])
    while (pending.length > 0 || (state === 'length' && left === 0)) if (!steps[state]()) break
  }
}

function parseHead(text: string) {
  const [start = '', ...lines] = text.split('\r\n')
  const [method = '', path = ''] = start.split(' ')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  const valueOf = (wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1]
  const chunked = valueOf('transfer-encoding')?.toLowerCase() === 'chunked'
  return { method, path, headers, chunked, length: Number(valueOf('content-length') ?? 0) }
}
