import { findTopLevelMember } from '../protocol/json-member.ts'

const FIRST_MEMBER = Buffer.from('"stream":true,')

/**
 * Makes a request that does not say how it wants its answer ask for a stream. The option is spliced into the bytes;
 * everything else stays as the client wrote it.
 *
 * @param bytes JSON text of a non-empty object whose `stream` is missing, null or true
 */
export function askForStream(bytes: Buffer): Buffer {
  const member = findTopLevelMember(bytes, 'stream')
  if (member !== undefined) {
    return Buffer.concat([bytes.subarray(0, member.start), Buffer.from('true'), bytes.subarray(member.end)])
  }
  const at = bytes.indexOf('{') + 1
  return Buffer.concat([bytes.subarray(0, at), FIRST_MEMBER, bytes.subarray(at)])
}
