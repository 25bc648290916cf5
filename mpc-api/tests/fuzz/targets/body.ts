import { GatewayError } from '../../../src/errors/gateway-error.ts'
import { findTopLevelMember } from '../../../src/protocol/json-member.ts'
import { parseJson } from '../../../src/protocol/parse-json.ts'
import { askForStream } from '../../../src/proxy/ask-for-stream.ts'
import { askForUsage } from '../../../src/proxy/ask-for-usage.ts'
import { checkMessages, readModel } from '../../../src/services/checks/check-chat.ts'
import { parseJsonObject } from '../../../src/services/checks/parse-json-object.ts'
import { refuseSteering } from '../../../src/services/checks/refuse-steering.ts'
import { demand, type FuzzTarget } from '../fuzz-target.ts'

const MAX_DEPTH = 12
/** An answer that repeats what was sent is not to grow with it. */
const LONGEST_MESSAGE = 2000

type Json = Record<string, unknown>

/** What happens to a JSON body before it is forwarded, beside a slow reading of the same rules. */
export const bodyTarget: FuzzTarget = {
  name: 'body',
  seeds: [
    '{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}',
    '{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"\\u00fc"}]}],"metadata":{"a":[{"b":"c"}]}}',
    '{"model":"m","stream":null,"stream_options":{"include_usage":false},"n":1.5e3,"litellm_metadata":"{\\"a\\":[1]}"}',
    '{"metadata":{"a":[{"b":"{\\"api_base\\":\\"x\\"}"}]},"extra_body":{"top_k":NaN}}',
    '{"model":',
  ],
  words: [
    ...['{', '}', '[', ']', ',', ':', '"', '\\"', '\\\\', '\\u0061', '\\ud83d', '\n', 'null', 'true'],
    ...['-1.5e9'],
    ...['"model":', '"messages":[', '{"role":"user"}', '"stream":true', '"stream_options":', '"__proto__":'],
    ...['"metadata":', '"extra_body":{', '"litellm_params":"{', '"api_base":1', '\\"api_key\\":1', 'vertex_'],
    ...['NaN', '-Infinity', '\ufeff', '\u2028'],
  ],
  check(input) {
    const body = outcomeOf(() => parseJsonObject(input, MAX_DEPTH))
    const parsed = readSlowly(input)
    demand((body.value !== undefined) === (parsed !== undefined), 'what is parsed is what JSON.parse takes')
    if (body.value === undefined) return undefined
    demand(deepestOf(body.value) <= MAX_DEPTH, 'nothing is deeper than the limit')
    const steering = outcomeOf(() => {
      refuseSteering(body.value)
      return true
    })
    demand(
      (steering.value === undefined) === steers(body.value),
      'what steers LiteLLM is refused, nothing else',
    )
    outcomeOf(() => readModel(body.value))
    outcomeOf(() => {
      checkMessages(body.value)
      return true
    })
    if (Object.keys(body.value).length > 0) checkSplices(input, body.value)
    return undefined
  },
}

/** What work returns, or that it was refused in our own words. Anything else that is thrown goes on. */
function outcomeOf<T>(work: () => T): { value: T } | { value: undefined } {
  try {
    return { value: work() }
  } catch (problem) {
    if (!(problem instanceof GatewayError)) throw problem
    demand(problem.status === 400, 'a body is refused with 400')
    demand(problem.message.length <= LONGEST_MESSAGE, 'a refusal is short')
    return { value: undefined }
  }
}

function readSlowly(input: Buffer): Json | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input)
    const value: unknown = JSON.parse(text)
    return isObject(value) && deepestOf(text) <= MAX_DEPTH ? value : undefined
  } catch {
    return undefined
  }
}

/** Depth of a value, or of JSON text, where members that a later one replaces count too. */
function deepestOf(value: unknown): number {
  if (typeof value === 'string') {
    let [depth, deepest] = [0, 0]
    for (const mark of value.replace(/"(?:[^"\\]|\\.)*"/g, '')) {
      if (mark === '{' || mark === '[') deepest = Math.max(deepest, (depth += 1))
      if (mark === '}' || mark === ']') depth -= 1
    }
    return deepest
  }
  if (typeof value !== 'object' || value === null) return 0
  return (
    1 +
    Math.max(0, ...Object.values(value).map((inner) => (typeof inner === 'string' ? 0 : deepestOf(inner))))
  )
}

const CONTAINERS = [
  'extra_body',
  'litellm_metadata',
  'litellm_params',
  'metadata',
  'optional_params',
  'provider_options',
]

function steers(body: Json): boolean {
  return Object.entries(body).some(
    ([name, value]) => isSteering(name) || (CONTAINERS.includes(name) && hidesSteering(value)),
  )
}

function hidesSteering(value: unknown): boolean {
  if (typeof value === 'string') return hidesSteering(readContainerText(value))
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(
    ([name, inner]) => (!Array.isArray(value) && isSteering(name)) || hidesSteering(inner),
  )
}

function readContainerText(text: string): unknown {
  try {
    const value: unknown = parseJson(text.replace(/-?\b(?:NaN|Infinity)\b/g, '0'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Alone at the top, a name is judged without anything around it. */
function isSteering(name: string): boolean {
  return (
    outcomeOf(() => {
      refuseSteering({ [name]: null })
      return true
    }).value === undefined
  )
}

/** What is spliced in changes that member and nothing else. */
function checkSplices(input: Buffer, body: Json): void {
  const streamed = readSlowly(askForStream(input))
  demand(same(streamed, { ...body, stream: true }), 'asking for a stream changes `stream` alone')
  const options = body['stream_options']
  const asked = outcomeOf(() => askForUsage(input, body)).value
  demand(
    (asked !== undefined) === (options === undefined || options === null || isObject(options)),
    'only an object can ask for usage',
  )
  const changed = { ...body, stream_options: { ...(isObject(options) ? options : {}), include_usage: true } }
  demand(asked === undefined || same(readSlowly(asked.bytes), changed), 'asking for usage changes one member')
  const member = findTopLevelMember(input, 'model')
  demand((member !== undefined) === 'model' in body, 'a member is found where there is one')
  if (member === undefined) return
  const found: unknown = parseJson(input.toString('utf8', member.start, member.end))
  demand(same(found, body['model']), 'a member is found as it is')
}

/** The order of members may differ. */
function same(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return Object.is(one, other)
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && same((one as Json)[name], (other as Json)[name]))
  )
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
