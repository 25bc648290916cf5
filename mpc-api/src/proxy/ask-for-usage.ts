import { GatewayError } from '../errors/gateway-error.ts'
import { isObject } from '../protocol/is-object.ts'
import { findTopLevelMember } from '../protocol/json-member.ts'

/**
 * Makes a streaming request ask for its usage, which LiteLLM leaves out otherwise. The option is spliced into the bytes;
 * everything else stays as the client wrote it.
 *
 * @param bytes JSON text of `body`, a non-empty object
 * @returns the bytes to send, and whether the client did not ask itself, so that the usage chunk must be kept from it
 * @throws {GatewayError} BAD_REQUEST when `stream_options` is neither an object nor null
 */
export function askForUsage(
  bytes: Buffer,
  body: Record<string, unknown>,
): { bytes: Buffer; hidesUsage: boolean } {
  const options = body['stream_options']
  if (isObject(options) && options['include_usage'] === true) return { bytes, hidesUsage: false }
  if (!('stream_options' in body)) return { bytes: insertFirst(bytes), hidesUsage: true }
  if (options !== null && !isObject(options)) {
    const message = 'stream_options must be an object, or be left out.'
    throw new GatewayError('BAD_REQUEST', message, { param: 'stream_options' })
  }
  const member = findTopLevelMember(bytes, 'stream_options')
  if (member === undefined) throw new Error('a member of the body is not in its text')
  const value = Buffer.from(JSON.stringify({ ...options, include_usage: true }))
  return {
    bytes: Buffer.concat([bytes.subarray(0, member.start), value, bytes.subarray(member.end)]),
    hidesUsage: true,
  }
}

const FIRST_MEMBER = Buffer.from('"stream_options":{"include_usage":true},')

function insertFirst(bytes: Buffer): Buffer {
  const at = bytes.indexOf('{') + 1
  return Buffer.concat([bytes.subarray(0, at), FIRST_MEMBER, bytes.subarray(at)])
}
