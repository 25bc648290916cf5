import { GatewayError } from '../../errors/gateway-error.ts'
import { isJson, parseJson } from '../../protocol/parse-json.ts'
import { isObject } from '../../protocol/token-usage.ts'
import { scanJson } from './scan-json.ts'

/**
 * Parameters that steer LiteLLM instead of the model: where it sends a call, with which key, whether it calls at all,
 * how often it tries, what it books. LiteLLM reads them from the request body, so a caller could use them to reach other
 * hosts, to have our keys sent there, or to hide what a call cost.
 */
const STEERING = new Set([
  'allowed_model_region',
  'api_base',
  'api_key',
  'api_version',
  'atranscription',
  'base_model',
  'base_url',
  'cache',
  'caching',
  'callbacks',
  'client',
  'configurable_clientside_auth_params',
  'content_policy_fallbacks',
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
  'force_timeout',
  'guardrail_config',
  'guardrails',
  'headers',
  'hf_model_name',
  'http_client',
  'input_callback',
  'input_cost_per_second',
  'input_cost_per_token',
  'litellm_call_id',
  'litellm_credential_name',
  'litellm_logging_obj',
  'litellm_session_id',
  'litellm_trace_id',
  'logger_fn',
  'max_fallbacks',
  'max_retries',
  'mock_delay',
  'mock_response',
  'mock_testing_content_policy_fallbacks',
  'mock_testing_context_fallbacks',
  'mock_testing_fallbacks',
  'mock_testing_rate_limit_error',
  'mock_timeout',
  'mock_tool_calls',
  'model_config',
  'model_group',
  'model_info',
  'model_list',
  'no-log',
  'num_retries',
  'num_retries_per_request',
  'organization',
  'output_cost_per_second',
  'output_cost_per_token',
  'preset_cache_key',
  'proxy_server_request',
  'request_timeout',
  'retry_policy',
  'retry_strategy',
  'router_settings_override',
  'rust',
  'secret_fields',
  'service_callback',
  'shared_session',
  'specific_deployment',
  'ssl_certificate',
  'ssl_verify',
  'stream_timeout',
  'success_callback',
  'timeout',
  'turn_off_message_logging',
  'use_litellm_proxy',
  'user_config',
  'watsonx_api_key',
])

/** Families of parameters with provider credentials, endpoints and bookkeeping. */
const STEERING_PREFIXES = [
  'aws_',
  'azure_',
  'gcs_',
  'langfuse_',
  'langsmith_',
  'oci_',
  'sagemaker_',
  'user_api_key',
  'vertex_',
]

/** Objects whose members LiteLLM merges into its own parameters. */
const CONTAINERS = new Set([
  'extra_body',
  'litellm_metadata',
  'litellm_params',
  'metadata',
  'optional_params',
  'provider_options',
])

/**
 * Refuses steering parameters at the top of a request and anywhere inside the containers that LiteLLM reads. Messages,
 * inputs and tool schemas are the caller's own words and are not looked at.
 *
 * @throws {GatewayError} BAD_REQUEST that names the parameter
 */
export function refuseSteering(body: Record<string, unknown>): void {
  for (const name in body) {
    refuseIfSteering(name, name)
    if (CONTAINERS.has(name)) refuseInside(body[name], name)
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
  for (const name of new URLSearchParams(query).keys()) refuseIfSteering(name, name)
}

function refuseInside(value: unknown, path: string): void {
  if (typeof value === 'string') refuseInsideText(value, path)
  else if (Array.isArray(value)) value.forEach((item, index) => refuseInside(item, `${path}[${index}]`))
  else if (isObject(value)) {
    for (const name in value) {
      refuseIfSteering(name, `${path}.${name}`)
      refuseInside(value[name], `${path}.${name}`)
    }
  }
}

/** Deeper is not looked into, so it is refused. */
const DEEPEST_TEXT = 128

/** LiteLLM also accepts a container that is JSON in a string. What is no JSON is a text of the caller's own. */
function refuseInsideText(text: string, path: string): void {
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
  refuseInside(parseJson(json), path)
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
  refuseIfSteering(first, name)
  if (CONTAINERS.has(first)) for (const step of inner) refuseIfSteering(step, name)
}

/** @throws {GatewayError} BAD_REQUEST when a field of an upload is a container, as JSON text, with such a parameter */
export function refuseSteeringFieldText(name: string, text: string): void {
  if (CONTAINERS.has(name.split(BRACKETS)[0] ?? '')) refuseInsideText(text, name)
}

const BRACKETS = /[[\]]+/

function refuseIfSteering(name: string, path: string): void {
  if (!STEERING.has(name) && !STEERING_PREFIXES.some((prefix) => name.startsWith(prefix))) return
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
