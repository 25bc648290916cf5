import { GatewayError } from '../errors/gateway-error.ts'
import { findTopLevelMember } from '../protocol/json-member.ts'
import { isObject } from '../protocol/is-object.ts'
import { parseJsonObject } from '../services/checks/parse-json-object.ts'

/** What a client of the chat socket may say. */
export type ChatFrame =
  | {
      type: 'request'
      id: string
      body: Record<string, unknown>
      /** The JSON text of the body, as the client wrote it. */
      bytes: Buffer
    }
  | { type: 'cancel'; id: string }

/** A frame that cannot be served, and the id it named, if it did. */
export class BadFrame extends Error {
  readonly id: string | null
  readonly error: GatewayError

  constructor(id: string | null, error: GatewayError) {
    super(error.message)
    this.id = id
    this.error = error
  }
}

const LONGEST_ID = 128
/** The frame itself is one level around the body. */
const ENVELOPE_DEPTH = 1

/** @throws {BadFrame} */
export function readChatFrame(message: Buffer, isBinary: boolean, maxJsonDepth: number): ChatFrame {
  const frame = parse(message, isBinary, maxJsonDepth)
  const id = readId(frame)
  const type = frame['type']
  if (type === 'cancel') return { type, id }
  if (type !== 'request') throw bad(id, 'type must be "request" or "cancel".', 'type')
  const body = frame['body']
  const member = findTopLevelMember(message, 'body')
  if (!isObject(body) || member === undefined)
    throw bad(id, 'body must be an object: a chat completion request.', 'body')
  return { type, id, body, bytes: message.subarray(member.start, member.end) }
}

function parse(message: Buffer, isBinary: boolean, maxJsonDepth: number): Record<string, unknown> {
  if (isBinary) throw bad(null, 'Frames are JSON text; this one is binary.')
  try {
    return parseJsonObject(message, maxJsonDepth, ENVELOPE_DEPTH)
  } catch (problem) {
    if (problem instanceof GatewayError) throw new BadFrame(null, problem)
    throw problem
  }
}

function readId(frame: Record<string, unknown>): string {
  const id = frame['id']
  if (typeof id === 'string' && id !== '' && id.length <= LONGEST_ID) return id
  throw bad(null, `id must be a text of 1 to ${LONGEST_ID} characters.`, 'id')
}

function bad(id: string | null, message: string, param?: string): BadFrame {
  return new BadFrame(id, new GatewayError('BAD_REQUEST', message, param === undefined ? {} : { param }))
}
