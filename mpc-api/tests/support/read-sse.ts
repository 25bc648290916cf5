/** The frames of an event stream: whatever stands between blank lines, without them. */
export function readFrames(body: string | Buffer): string[] {
  return body
    .toString()
    .split('\n\n')
    .filter((frame) => frame !== '')
}

/** The JSON payloads of the `data:` lines, in order; pings and `[DONE]` are left out. */
export function readPayloads(body: string | Buffer): Record<string, unknown>[] {
  return readFrames(body)
    .flatMap((frame) => frame.split('\n'))
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Record<string, unknown>)
}

/** The text that a chat stream's deltas add up to. */
export function readText(body: string | Buffer): string {
  const chunks = readPayloads(body) as { choices?: { delta?: { content?: string } }[] }[]
  return chunks.map(({ choices }) => choices?.[0]?.delta?.content ?? '').join('')
}
