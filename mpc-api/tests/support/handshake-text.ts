/** The text of a sound WebSocket handshake; `headers` replace or join the usual ones. */
export function handshakeText(target: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: 'gateway',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`
}
