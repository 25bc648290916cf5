import { GatewayError } from '../../errors/gateway-error.ts'
import { isJson, parseJson } from '../../protocol/parse-json.ts'
import { isObject } from '../../protocol/is-object.ts'
import { scanJson } from './scan-json.ts'

/**
 * Parameters that steer LiteLLM instead of the model: where it sends a call, with which key, whether it calls at all,
 * how often it tries, what it books. LiteLLM reads them from the request body, so a caller could use them to reach other
 * hosts, to have our keys sent there, or to hide what a call cost. A test holds them against the list that LiteLLM itself
 * keeps of its parameters.
 */
const STEERING = new Set([
  'allowed_model_region',
  'api_base',
  'api_key',
  'api_version',
  'base_model',
  'base_url',
  'cache',
  'caching',
  'callbacks',
  'client',
  'client_secret',
  'configurable_clientside_auth_params',
  'content_policy_fallbacks',
  'context_window_fallback_dict',
  'context_window_fallbacks',
  'custom_llm_provider',
  'custom_prompt_dict',
  'default_fallbacks',
  'default_headers',
  'deployment_id',
  'disable_fallbacks',
  'disable_global_guardrails',
  'dynamic_callback_params',
  'extra_headers',
  'failure_callback',
  'fallbacks',
  'fastest_response',
  'force_timeout',
  'guardrail_config',
  'guardrails',
  'headers',
  'hf_model_name',
  'http_client',
  'input_callback',
  'logger_fn',
  'max_fallbacks',
  'max_retries',
  'model_alias_map',
  'model_config',
  'model_file_id_mapping',
  'model_group',
  'model_info',
  'model_list',
  'no-log',
  'num_retries',
  'num_retries_per_request',
  'organization',
  'preset_cache_key',
  'provider_affinity_header',
  'provider_specific_header',
  'proxy_server_request',
  'request_timeout',
  'retry_policy',
  'retry_strategy',
  'router_settings_override',
  'routing_strategy',
  'rust',
  'secret_fields',
  'service_callback',
  'shared_session',
  'silent_model',
  'specific_deployment',
  'ssl_certificate',
  'ssl_verify',
  'stream_timeout',
  'success_callback',
  'tiered_pricing',
  'timeout',
  'turn_off_message_logging',
  'use_litellm_proxy',
  'use_xai_oauth',
  'user_config',
])

/** Families of such parameters: credentials, endpoints, identities, bookkeeping, prices, and LiteLLM's own state. */
const STEERING_FAMILIES = new RegExp(
  [
    '^(?:aws|azure|gcs|langfuse|langsmith|mock|oci|s3|sagemaker|user_api_key|vertex)_',
    '^(?:arize|dd|humanloop|newrelic|posthog|signoz|wandb|weave)_',
    '^anthropic_(?:disable_workload|federation|identity|issuer|keycloak|organization_id|service_account)',
    '^openai_(?:identity|service_account)',
    '^litellm_(?!metadata$|params$)',
    '^_(?:agentic_loop|code_interpreter|context_compaction|headroom|litellm|router|websearch)_',
    '^(?:adaptive|auto|complexity|quality)_router_',
    '^default_api_key_',
    '^regional_.*_multiplier',
    '(?:^|_)cost_per_',
    '_token_cost(?:_|$)',
    '_api_key$',
  ].join('|'),
)

/** More of them, by words that are also somebody's own in `metadata`, where LiteLLM does not take them for its own. */
const STEERING_OUTSIDE_METADATA = new Set([
  'acompletion',
  'aembedding',
  'aimg_generation',
  'allm_passthrough_route',
  'allow_client_keepalive_override',
  'async_call',
  'atext_completion',
  'atranscription',
  'attempted_targets',
  'azure',
  'bedrock_tags',
  'budget_duration',
  'cache_key',
  'caching_groups',
  'client_id',
  'client_side_timeout',
  'complete_response',
  'completion_call_id',
  'cooldown_time',
  'data_residency',
  'enable_tag_filtering',
  'fallback_depth',
  'fireworks_forward_user_id',
  'keepalive_seconds',
  'log_client_error_tracebacks',
  'max_agentic_loops',
  'max_budget',
  'max_parallel_requests',
  'prompt_environment',
  'prompt_id',
  'prompt_label',
  'prompt_variables',
  'prompt_version',
  'region_name',
  'stream_chunk_size',
  'stream_response',
  'stream_timeout_by_service_tier',
  'tag_regex',
  'tenant_id',
  'text_completion',
  'timeout_by_service_tier',
  'use_client',
  'use_in_pass_through',
])

type NameTest = (name: string) => boolean

const steersAnywhere: NameTest = (name) => STEERING.has(name) || STEERING_FAMILIES.test(name)
const steers: NameTest = (name) => steersAnywhere(name) || STEERING_OUTSIDE_METADATA.has(name)

/** Objects whose members LiteLLM merges into its own parameters, and which of them steer it. */
const CONTAINERS = new Map([
  ['extra_body', steers],
  ['litellm_metadata', steersAnywhere],
  ['litellm_params', steers],
  ['metadata', steersAnywhere],
  ['optional_params', steers],
  ['provider_options', steers],
])

/**
 * Refuses steering parameters at the top of a request and anywhere inside the containers that LiteLLM reads. Messages,
 * inputs and tool schemas are the caller's own words and are not looked at.
 *
 * @throws {GatewayError} BAD_REQUEST that names the parameter
 */
export function refuseSteering(body: Record<string, unknown>): void {
  for (const name in body) {
    refuseIf(steers, name, name)
    const steersInside = CONTAINERS.get(name)
    if (steersInside !== undefined) refuseInside(body[name], name, steersInside)
    if (name === 'tools') refuseOwnServers(body[name])
  }
}

/**
 * With such a tool LiteLLM calls MCP servers of its own, as itself, instead of handing the tool to the model's provider.
 * The MCP servers that a provider calls have an address.
 */
function refuseOwnServers(tools: unknown): void {
  if (!Array.isArray(tools)) return
  for (const [index, tool] of tools.entries()) {
    if (!isObject(tool) || tool['type'] !== 'mcp') continue
    const address = tool['server_url']
    if (typeof address !== 'string' || !address.startsWith('litellm_proxy')) continue
    const path = `tools[${index}].server_url`
    throw refusal(
      path,
      `${path} must be the address of an MCP server: the servers of LiteLLM itself cannot be used through this API.`,
    )
  }
}

/** @throws {GatewayError} BAD_REQUEST when a query parameter steers LiteLLM */
export function refuseSteeringQuery(query: string): void {
  if (query === '') return
  for (const name of new URLSearchParams(query).keys()) refuseIf(steers, name, name)
}

function refuseInside(value: unknown, path: string, steersInside: NameTest): void {
  if (typeof value === 'string') refuseInsideText(value, path, steersInside)
  else if (Array.isArray(value))
    value.forEach((item, index) => refuseInside(item, `${path}[${index}]`, steersInside))
  else if (isObject(value)) {
    for (const name in value) {
      refuseIf(steersInside, name, `${path}.${name}`)
      refuseInside(value[name], `${path}.${name}`, steersInside)
    }
  }
}

/** Deeper is not looked into, so it is refused. */
const DEEPEST_TEXT = 128

/** LiteLLM also accepts a container that is JSON in a string. What is no JSON is a text of the caller's own. */
function refuseInsideText(text: string, path: string, steersInside: NameTest): void {
  if (!/^\s*\{/.test(text)) return
  const json = text.replace(PYTHON_NUMBER, '0')
  if (!isJson(json)) return
  try {
    scanJson(Buffer.from(json), DEEPEST_TEXT)
  } catch {
    throw refusal(
      path,
      `The JSON in ${shorten(path)} nests deeper than ${DEEPEST_TEXT} levels, or has too many values.`,
    )
  }
  refuseInside(parseJson(json), path, steersInside)
}

/** Numbers that LiteLLM's parser takes for JSON, though they are none. */
const PYTHON_NUMBER = /-?\b(?:NaN|Infinity)\b/g

/**
 * Refuses a field of a multipart upload by its name. LiteLLM reads brackets as nesting: `litellm_metadata[a][b]`.
 *
 * @throws {GatewayError} BAD_REQUEST that names the field
 */
export function refuseSteeringField(name: string): void {
  const [first = '', ...inner] = name.split(BRACKETS)
  refuseIf(steers, first, name)
  const steersInside = CONTAINERS.get(first)
  if (steersInside !== undefined) for (const step of inner) refuseIf(steersInside, step, name)
}

/** @throws {GatewayError} BAD_REQUEST when a field of an upload is a container, as JSON text, with such a parameter */
export function refuseSteeringFieldText(name: string, text: string): void {
  const steersInside = CONTAINERS.get(name.split(BRACKETS)[0] ?? '')
  if (steersInside !== undefined) refuseInsideText(text, name, steersInside)
}

const BRACKETS = /[[\]]+/

function refuseIf(isRefused: NameTest, name: string, path: string): void {
  if (!isRefused(name)) return
  const named = shorten(path)
  throw refusal(
    path,
    `The parameter ${named} is not accepted: it would steer the gateway behind this API instead of the model. Remove it.`,
  )
}

function refusal(path: string, message: string): GatewayError {
  return new GatewayError('BAD_REQUEST', message, { param: shorten(path) })
}

/** An answer is not to grow with what it refuses. */
function shorten(path: string): string {
  return path.length > 201 ? `${path.slice(0, 100)}…${path.slice(-100)}` : path
}
