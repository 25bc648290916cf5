/** The status of a WebSocket that ended (RFC 6455 §7.4). */
export interface Closing {
  code: number
  reason: string | Buffer
}

/** Nothing was said: the close frame had no code. */
const NO_STATUS = 1005

/** True for codes that may stand in a close frame. The others only say in our own process how a connection ended. */
export function isSendableCode(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_STATUS && code !== 1006
}

/**
 * What the other side of a relay is told when one side has closed.
 *
 * @param lost what to say when the connection broke, so that there is nothing to relay
 * @returns undefined for a close frame without a code
 */
export function relayClosing(closing: Closing, lost: Closing): Closing | undefined {
  if (closing.code === NO_STATUS) return undefined
  return isSendableCode(closing.code) ? closing : lost
}
