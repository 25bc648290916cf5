const KEY_PREFIX = 'openai-insecure-api-key.'
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/

/** What a client offers in `Sec-WebSocket-Protocol`. */
export interface SubprotocolOffer {
  /** The key that a browser sends this way, since it can set no headers. It must be neither answered nor passed on. */
  key: string | undefined
  /** The rest, in the client's order. */
  names: string[]
  /** False when the header breaks RFC 6455 §4.1: an item is no token, or appears twice. */
  isValid: boolean
}

/** Reads the subprotocols that a WebSocket client offers. */
export function readSubprotocols(header: string | undefined): SubprotocolOffer {
  if (header === undefined) return { key: undefined, names: [], isValid: true }
  const items = header.split(',').map((item) => item.trim())
  const keys = items.filter((item) => item.startsWith(KEY_PREFIX))
  return {
    key: keys[0]?.slice(KEY_PREFIX.length),
    names: items.filter((item) => !item.startsWith(KEY_PREFIX)),
    isValid:
      keys.length <= 1 && new Set(items).size === items.length && items.every((item) => TOKEN.test(item)),
  }
}
