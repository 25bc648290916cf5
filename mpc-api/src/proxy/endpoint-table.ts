import {
  chatDialect,
  mediaDialect,
  messagesDialect,
  responsesDialect,
  type StreamDialect,
} from '../protocol/stream-dialect.ts'
import { type UsageDialect } from '../protocol/token-usage.ts'

/** One inference endpoint: what it is called, what it takes, and how its answer is read. */
export interface Endpoint {
  method: 'GET' | 'POST' | 'DELETE'
  /** Below `/api`, `/api/v1` and `/v1`; `{id}` stands for one segment. Also what logs call it. */
  route: string
  /** Path at LiteLLM, with the same `{id}`. */
  upstreamPath: string
  /** `json?` may be empty; `upload` is multipart, or JSON where the API allows both. */
  body: 'none' | 'json' | 'json?' | 'upload'
  /** What a body must have before it is forwarded. */
  requires: 'nothing' | 'model' | 'model and messages'
  /** How its streams end and fail. */
  streamDialect: StreamDialect
  usageDialect: UsageDialect
  /** Takes `stream_options.include_usage`, without which a stream says nothing of usage. */
  takesStreamOptions: boolean
  /** Content types that are passed on as they come instead of being read as JSON. */
  media: RegExp | undefined
  /** LiteLLM tries these three times, however it is configured: a client that tries again multiplies the calls. */
  isRetriedByLiteLlm: boolean
}

type Options = Partial<Omit<Endpoint, 'method' | 'route'>>

const AUDIO = /^(?:audio\/|video\/|application\/octet-stream)/
const TRANSCRIPT = /^(?:text\/(?!html)|application\/(?:x-subrip|octet-stream))/
const ANYTHING = /^/
const RETRIED_BY_LITELLM = /^\/(?:images\/generations|files|batches)\b/

/** Everything that is forwarded to LiteLLM. What is not in this table cannot be reached through the gateway. */
export const endpointTable: readonly Endpoint[] = [
  get('/models'),
  json('/chat/completions', { requires: 'model and messages', takesStreamOptions: true }),
  json('/completions', { takesStreamOptions: true }),
  json('/embeddings'),
  json('/moderations', { requires: 'nothing' }),
  json('/rerank'),
  json('/v2/rerank', { upstreamPath: '/v2/rerank' }),

  json('/responses', { streamDialect: responsesDialect }),
  get('/responses/{id}', { streamDialect: responsesDialect }),
  remove('/responses/{id}'),
  json('/responses/{id}/cancel', { body: 'json?', requires: 'nothing' }),
  get('/responses/{id}/input_items'),

  json('/messages', {
    requires: 'model and messages',
    streamDialect: messagesDialect,
    usageDialect: 'anthropic',
  }),
  json('/messages/count_tokens', { requires: 'model and messages', usageDialect: 'anthropic' }),

  json('/images/generations', { requires: 'nothing', streamDialect: mediaDialect }),
  upload('/images/edits'),
  upload('/images/variations', { requires: 'nothing' }),
  json('/audio/speech', { streamDialect: mediaDialect, media: AUDIO }),
  upload('/audio/transcriptions', { media: TRANSCRIPT }),
  upload('/audio/translations', { media: TRANSCRIPT }),

  upload('/files', { requires: 'nothing' }),
  get('/files'),
  get('/files/{id}'),
  remove('/files/{id}'),
  get('/files/{id}/content', { media: ANYTHING }),
  json('/batches', { requires: 'nothing' }),
  get('/batches'),
  get('/batches/{id}'),
  json('/batches/{id}/cancel', { body: 'json?', requires: 'nothing' }),
]

function row(method: Endpoint['method'], route: string, body: Endpoint['body'], options: Options): Endpoint {
  return {
    method,
    route,
    upstreamPath: `/v1${route}`,
    body,
    requires: body === 'none' ? 'nothing' : 'model',
    streamDialect: chatDialect,
    usageDialect: 'openai',
    takesStreamOptions: false,
    media: undefined,
    isRetriedByLiteLlm: RETRIED_BY_LITELLM.test(route),
    ...options,
  }
}

function get(route: string, options: Options = {}): Endpoint {
  return row('GET', route, 'none', options)
}

function remove(route: string): Endpoint {
  return row('DELETE', route, 'none', {})
}

function json(route: string, options: Options = {}): Endpoint {
  return row('POST', route, 'json', options)
}

function upload(route: string, options: Options = {}): Endpoint {
  return row('POST', route, 'upload', { streamDialect: mediaDialect, ...options })
}
