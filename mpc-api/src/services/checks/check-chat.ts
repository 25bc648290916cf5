import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject } from '../../protocol/is-object.ts'

/**
 * Control characters would forge log lines and header values. LiteLLM would take what a comma separates for several models,
 * and call, and pay, each of them.
 */
export const MODEL_NAME = /^[^\p{Cc}\p{Zl}\p{Zp},]+$/u

/** In UTF-16 units: longer than any name, short enough for every log line and header that repeats it. */
export const LONGEST_MODEL = 256

/**
 * Reads the model that a request names.
 *
 * @throws {GatewayError} BAD_REQUEST
 */
export function readModel(body: Record<string, unknown>): string {
  const model = body['model']
  if (typeof model !== 'string' || model.trim() === '') {
    throw refusal('model must be a non-empty string; GET /api/models lists what there is.', 'model')
  }
  if (model.length > LONGEST_MODEL) {
    throw refusal(`model must not be longer than ${LONGEST_MODEL} characters.`, 'model')
  }
  if (!MODEL_NAME.test(model)) {
    throw refusal('model must name one model, without commas and control characters.', 'model')
  }
  return model
}

/** @throws {GatewayError} BAD_REQUEST unless `messages` is a non-empty array of objects with a role */
export function checkMessages(body: Record<string, unknown>): void {
  const messages = body['messages']
  if (!Array.isArray(messages) || messages.length === 0) {
    throw refusal('messages must be a non-empty array.', 'messages')
  }
  for (const [index, message] of messages.entries()) {
    const at = `messages[${index}]`
    if (!isObject(message)) throw refusal(`${at} must be an object with a role.`, at)
    const role = message['role']
    if (typeof role !== 'string' || role === '')
      throw refusal(`${at}.role must be a non-empty string.`, `${at}.role`)
  }
}

function refusal(message: string, param: string): GatewayError {
  return new GatewayError('BAD_REQUEST', message, { param })
}
