/**
 * Every error that the gateway itself can answer with: its code on the wire, its HTTP status and its type.
 * The types are the vocabulary that the OpenAI and Anthropic SDKs share. docs/errors.md is tested against this table.
 */
export const errorCatalog = {
  BAD_REQUEST: { status: 400, type: 'invalid_request_error' },
  UNAUTHORIZED: { status: 401, type: 'authentication_error' },
  insufficient_quota: { status: 402, type: 'insufficient_quota' },
  FORBIDDEN: { status: 403, type: 'permission_error' },
  NOT_FOUND: { status: 404, type: 'not_found_error' },
  METHOD_NOT_ALLOWED: { status: 405, type: 'invalid_request_error' },
  REQUEST_TIMEOUT: { status: 408, type: 'timeout_error' },
  PAYLOAD_TOO_LARGE: { status: 413, type: 'request_too_large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, type: 'invalid_request_error' },
  EXPECTATION_FAILED: { status: 417, type: 'invalid_request_error' },
  VALIDATION_ERROR: { status: 422, type: 'invalid_request_error' },
  RATE_LIMIT_EXCEEDED: { status: 429, type: 'rate_limit_error' },
  HEADERS_TOO_LARGE: { status: 431, type: 'invalid_request_error' },
  INTERNAL_ERROR: { status: 500, type: 'api_error' },
  GENERATION_FAILED: { status: 500, type: 'api_error' },
  NOT_IMPLEMENTED: { status: 501, type: 'invalid_request_error' },
  LLM_ERROR: { status: 502, type: 'api_error' },
  SERVICE_UNAVAILABLE: { status: 503, type: 'overloaded_error' },
  GATEWAY_TIMEOUT: { status: 504, type: 'timeout_error' },
} as const satisfies Record<string, { status: number; type: string }>

export type ErrorCode = keyof typeof errorCatalog
