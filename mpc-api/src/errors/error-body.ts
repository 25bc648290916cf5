import { type GatewayError } from './gateway-error.ts'

/**
 * The envelope of every non-2xx answer. It satisfies the OpenAI SDKs (`error.{message,type,param,code}`) and the
 * Anthropic ones (`type: "error"`) at once.
 *
 * @param requestId the id that the caller also finds in `x-request-id`
 */
export function toErrorBody(error: GatewayError, requestId: string): Record<string, unknown> {
  return {
    type: 'error',
    error: {
      ...error.fields,
      statusCode: error.status,
      timestamp: new Date().toISOString(),
      requestId,
      details: error.details,
    },
  }
}
