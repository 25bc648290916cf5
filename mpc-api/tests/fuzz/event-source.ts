/** What a client reads out of an event stream. */
export interface ClientEvent {
  event: string
  data: string
}

/** A slow and plain reader of event streams (WHATWG HTML §9.2.6), to compare the gateway's own with. */
export function readEventStream(bytes: Buffer): ClientEvent[] {
  const lines = bytes.toString('latin1').split(/\r\n|\n|\r/)
  const events: ClientEvent[] = []
  let event = ''
  let data: string[] = []
  // What follows the last line end is no line.
  for (const line of lines.slice(0, -1)) {
    const [, field = '', value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? []
    if (field === 'event') event = value
    if (field === 'data') data.push(value)
    if (line !== '') continue
    if (data.length > 0) events.push({ event, data: data.join('\n') })
    event = ''
    data = []
  }
  return events
}

/** The type of an event: its name, or what its payload begins with. Whether the payload is sound is the client's to see. */
export function typeOf({ event, data }: ClientEvent): string {
  // An SDK fails on an event whose payload is empty.
  if (event !== '' && (data !== '' || event === 'error')) return event
  const [, type] = /^\{\s*"type"\s*:\s*"([^"]*)"/.exec(data) ?? []
  return type ?? (/^\{\s*"error"\s*:\s*[^\sn]/.test(data) ? 'error' : '')
}
