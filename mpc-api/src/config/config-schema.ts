import { z } from 'zod'

/** What the documentation says of a variable. Everything generated from the schema comes from here. */
export interface VariableMeta {
  group: 'Service' | 'Upstream' | 'Keys' | 'Limits' | 'Reliability' | 'Clocks' | 'Generation'
  description: string
  secret?: boolean
  example?: string
}

export const variableRegistry = z.registry<VariableMeta>()

/** A decimal number, and nothing that only JavaScript would read as one. */
const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
const milliseconds = (max = 2_147_483_647) => wholeNumber(1, max)
const baseUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
  .refine((text) => URL.canParse(text) && isBare(new URL(text)), {
    error: 'must not carry a user name, a password or a query',
  })

function isBare({ username, password, search }: URL): boolean {
  return username === '' && password === '' && search === ''
}

/** Keys stand in headers. */
const key = z.string().regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks')

/** `*`, or what is compared with the Origin of a request, character by character. */
const allowedOrigin = z.string().superRefine((text, context) => {
  if (text === '*') return
  const origin = /^https?:[^*]+$/i.test(text) && URL.canParse(text) ? new URL(text).origin : undefined
  if (origin === undefined) context.addIssue('must be * or an origin such as https://app.example.com')
  else if (origin !== text) context.addIssue(`must be written as browsers send it: ${origin}`)
})

/** A comma-separated list of texts, blanks trimmed, empty items dropped. */
const list = <T extends z.ZodType<string, string>>(item: T) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item).min(1))

/**
 * Every variable that MPC-API reads, in the order of the documentation. `.register()` stands last on each line: a
 * later modifier would return a schema without its description.
 */
export const configSchema = z.object({
  PORT: wholeNumber(0, 65_535).default(3000).register(variableRegistry, {
    group: 'Service',
    description: 'Port that MPC-API listens on; 0 takes a free one.',
  }),
  MPC_HOST: z.string().default('127.0.0.1').register(variableRegistry, {
    group: 'Service',
    description: 'Address to listen on. Beyond loopback a key is required. The image sets 0.0.0.0.',
  }),
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development').register(variableRegistry, {
    group: 'Service',
    description: 'With `production` the demo upstream is never used.',
  }),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .register(variableRegistry, { group: 'Service', description: 'Least severe level that is logged.' }),
  MPC_CORS_ORIGINS: list(allowedOrigin).default(['*']).register(variableRegistry, {
    group: 'Service',
    description: 'Browser origins that may call the API, comma-separated; `*` allows every one.',
    example: 'https://app.example.com',
  }),
  MPC_PUBLIC_URL: baseUrl.optional().register(variableRegistry, {
    group: 'Service',
    description:
      'Address that importers of /openapi-3.0.json are to call. Default: the address that they fetched it from.',
    example: 'http://mpc-api:3000',
  }),
  MPC_DRAIN_TIMEOUT_MS: milliseconds().default(30_000).register(variableRegistry, {
    group: 'Service',
    description: 'How long running requests may take to finish after SIGTERM or SIGINT.',
  }),

  LITELLM_BASE_URL: list(baseUrl).optional().register(variableRegistry, {
    group: 'Upstream',
    description:
      'Address of LiteLLM; several, comma-separated, share the load. Default: http://litellm:4000 in production, else a LiteLLM on localhost:4000 or the demo upstream.',
    example: 'http://litellm:4000',
  }),
  LITELLM_API_KEY: key.optional().register(variableRegistry, {
    group: 'Upstream',
    description: 'LiteLLM virtual key that MPC-API calls the models with.',
    secret: true,
  }),
  LITELLM_MASTER_KEY: key.optional().register(variableRegistry, {
    group: 'Upstream',
    description:
      'Used, with a warning, when LITELLM_API_KEY is not set: LiteLLM bypasses all budgets for it.',
    secret: true,
  }),

  MPC_API_KEY: key.optional().register(variableRegistry, {
    group: 'Keys',
    description: 'The key that callers send as `Authorization: Bearer`, `x-api-key` or `api-key`.',
    secret: true,
  }),
  MPC_AUTH: z.enum(['on', 'off']).default('on').register(variableRegistry, {
    group: 'Keys',
    description:
      '`off` serves everyone who can reach the port, without a key. Say so only behind something that checks.',
  }),

  MPC_MAX_BODY_BYTES: wholeNumber(1, 1_073_741_824).default(67_108_864).register(variableRegistry, {
    group: 'Limits',
    description: 'Largest JSON request body that is read, in bytes.',
  }),
  MPC_MAX_UPLOAD_BYTES: wholeNumber(1, 10_737_418_240).default(536_870_912).register(variableRegistry, {
    group: 'Limits',
    description:
      'Largest multipart upload that is passed on, in bytes. Uploads stream through and are never held.',
  }),
  MPC_MAX_JSON_DEPTH: wholeNumber(4, 1000)
    .default(128)
    .register(variableRegistry, { group: 'Limits', description: 'Deepest nesting of a JSON request body.' }),

  MPC_MAX_INFLIGHT: wholeNumber(1, 1_000_000).default(10_000).register(variableRegistry, {
    group: 'Reliability',
    description: 'Requests that may be at LiteLLM at once; more wait for their turn, fairly between callers.',
  }),
  MPC_MAX_QUEUED: wholeNumber(0, 1_000_000).default(1000).register(variableRegistry, {
    group: 'Reliability',
    description: 'Requests that may wait; more are answered 503 with Retry-After.',
  }),
  MPC_QUEUE_TIMEOUT_MS: milliseconds().default(15_000).register(variableRegistry, {
    group: 'Reliability',
    description: 'Longest wait for a turn.',
  }),
  MPC_BREAKER_ERROR_PERCENT: wholeNumber(1, 100).default(90).register(variableRegistry, {
    group: 'Reliability',
    description:
      'Share of 5xx answers of a LiteLLM address, in percent, from which it is left alone for a moment.',
  }),
  MPC_BREAKER_MIN_ANSWERS: wholeNumber(5, 10_000).default(50).register(variableRegistry, {
    group: 'Reliability',
    description: 'Answers of an address within 10 s before that share means anything.',
  }),
  MPC_IDEMPOTENCY_TTL_S: wholeNumber(1, 604_800).default(3600).register(variableRegistry, {
    group: 'Reliability',
    description:
      'How long the answer to a request with an Idempotency-Key is kept for its retries, in seconds.',
  }),
  MPC_IDEMPOTENCY_MAX_BYTES: wholeNumber(0, 10_737_418_240).default(134_217_728).register(variableRegistry, {
    group: 'Reliability',
    description: 'Memory for such answers, in bytes; the oldest make room.',
  }),

  MPC_CONNECT_TIMEOUT_MS: milliseconds().default(5000).register(variableRegistry, {
    group: 'Clocks',
    description: 'Time to connect to LiteLLM.',
  }),
  MPC_FIRST_BYTE_TIMEOUT_MS: milliseconds().default(620_000).register(variableRegistry, {
    group: 'Clocks',
    description:
      'Time until the first byte of LiteLLM’s answer; for whole answers that is the whole generation.',
  }),
  MPC_IDLE_TIMEOUT_MS: milliseconds().default(300_000).register(variableRegistry, {
    group: 'Clocks',
    description: 'Longest silence between two chunks of an answer.',
  }),
  MPC_TOTAL_TIMEOUT_MS: milliseconds().default(900_000).register(variableRegistry, {
    group: 'Clocks',
    description: 'Longest time for a whole request. Keep it above 600 s: the OpenAI SDKs wait that long.',
  }),
  MPC_STREAM_START_TIMEOUT_MS: milliseconds().default(10_000).register(variableRegistry, {
    group: 'Clocks',
    description:
      'How long the first byte of a stream is awaited before headers and pings go out; until then an error keeps its status.',
  }),
  MPC_PING_INTERVAL_MS: milliseconds(30_000).default(15_000).register(variableRegistry, {
    group: 'Clocks',
    description: 'Silence on a stream after which `: ping` is sent.',
  }),
  MPC_HEADERS_TIMEOUT_MS: milliseconds().default(20_000).register(variableRegistry, {
    group: 'Clocks',
    description: 'Time for a client to send its request headers.',
  }),
  MPC_BODY_IDLE_TIMEOUT_MS: milliseconds().default(30_000).register(variableRegistry, {
    group: 'Clocks',
    description: 'Longest silence while a client sends its request body.',
  }),

  MPC_GENERATE_MODEL: z.string().optional().register(variableRegistry, {
    group: 'Generation',
    description:
      'Model that writes for /generate/* where a request names none. With the demo upstream it is demo-echo by default.',
    example: 'gpt-4o-mini',
  }),
})

export type RawConfig = z.infer<typeof configSchema>
