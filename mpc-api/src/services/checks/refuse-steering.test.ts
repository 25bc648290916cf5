import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  refuseSteering,
  refuseSteeringField,
  refuseSteeringFieldText,
  refuseSteeringQuery,
} from './refuse-steering.ts'

const refusalOf = (param: string) =>
  expect.objectContaining({ status: 400, fields: expect.objectContaining({ param }) as object }) as Error

describe('a parameter that steers LiteLLM', () => {
  it.each([
    'api_base',
    'base_url',
    'api_key',
    'mock_response',
    'fallbacks',
    'timeout',
    'aws_secret_access_key',
    'vertex_credentials',
    'azure_ad_token',
    'user_api_key_team_id',
    'fastest_response',
    'provider_specific_header',
    'litellm_system_prompt',
    'output_cost_per_image',
    'cache_read_input_token_cost_above_200k_tokens',
    's3_endpoint_url',
    'openai_identity_token_file',
    '_router_weights',
    'prompt_id',
    'tenant_id',
  ])('%s is refused at the top', (name) => {
    expect(() => refuseSteering({ model: 'm', [name]: null })).toThrow(refusalOf(name))
  })

  it.each([
    ['extra_body', { api_base: 'x' }, 'extra_body.api_base'],
    ['metadata', { a: [{ b: { api_key: 'x' } }] }, 'metadata.a[0].b.api_key'],
    ['litellm_params', '{"api_base":"x"}', 'litellm_params.api_base'],
    ['metadata', ' {"a":{"api_base":"x"}}', 'metadata.a.api_base'],
    ['metadata', { a: '{"api_base":"x"}' }, 'metadata.a.api_base'],
    // Python reads these as JSON, JavaScript does not.
    ['metadata', '{"n":NaN,"api_base":"x"}', 'metadata.api_base'],
    ['metadata', '{"n":[-Infinity, Infinity],"api_base":"x"}', 'metadata.api_base'],
    ['litellm_metadata', { __proto__x: 1, guardrails: [] }, 'litellm_metadata.guardrails'],
  ])('is refused inside %s: %j', (container, value, param) => {
    expect(() => refuseSteering({ model: 'm', [container]: value })).toThrow(refusalOf(param))
  })

  it("may have the name of a word that is the caller's own in metadata", () => {
    const metadata = { tenant_id: 't', prompt_id: 'p', total_cost: '3', order: '7' }

    expect(() => refuseSteering({ model: 'm', metadata })).not.toThrow()
    expect(() => refuseSteering({ model: 'm', extra_body: metadata })).toThrow(
      refusalOf('extra_body.tenant_id'),
    )
  })

  it('is refused at any depth of a container', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('object', 'array', 'text'), { maxLength: 8 }), (wraps) => {
        let value: unknown = { api_base: 'x' }
        for (const wrap of wraps)
          value = { w: wrap === 'array' ? [value] : wrap === 'text' ? JSON.stringify({ w: value }) : value }
        expect(() => refuseSteering({ metadata: value })).toThrow('api_base')
      }),
    )
  })

  it.each(['?api_base=x', '?a=1&api_key=2', '?api%5Fbase=x', '?api_version=2', '?%61pi_base'])(
    'is refused in the query %s',
    (query) => {
      expect(() => refuseSteeringQuery(query)).toThrow(/is not accepted/)
    },
  )

  it.each([
    'api_base',
    'api_base[]',
    'guardrails[0]',
    'litellm_metadata[api_base]',
    'metadata[a][api_key]',
    'extra_body[a][][mock_response]',
  ])('is refused as the field %s of an upload', (name) => {
    expect(() => refuseSteeringField(name)).toThrow(refusalOf(name))
  })

  it.each([
    ['metadata', '{"api_base":"x"}', 'metadata.api_base'],
    ['litellm_metadata[a]', '{"b":{"guardrails":[]}}', 'litellm_metadata[a].b.guardrails'],
    ['extra_body', '{"n":NaN,"mock_response":"x"}', 'extra_body.mock_response'],
  ])('is refused in the text of the field %s of an upload: %s', (name, text, param) => {
    expect(() => refuseSteeringFieldText(name, text)).toThrow(refusalOf(param))
  })
})

describe('a container that is JSON in a string', () => {
  const nested = (depth: number) => `{"z":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)},"api_base":"x"}`

  it.each([200, 8_000, 200_000])(
    'is refused when it nests %i deep, before anything is lost in there',
    (depth) => {
      expect(() => refuseSteering({ metadata: nested(depth) })).toThrow(/nests deeper than 128/)
      expect(() => refuseSteering({ metadata: { a: [nested(depth)] } })).toThrow(refusalOf('metadata.a[0]'))
      expect(() => refuseSteeringFieldText('metadata[a]', nested(depth))).toThrow(refusalOf('metadata[a]'))
    },
  )

  it('may be any words with braces in them', () => {
    expect(() => refuseSteering({ metadata: '{'.repeat(10_000) })).not.toThrow()
  })
})

it('a refusal does not repeat long names', () => {
  const body = { metadata: { ['n'.repeat(1_000_000)]: { api_base: 1 } } }
  const short = expect.objectContaining({ message: expect.stringMatching(/^.{1,400}$/) as string }) as Error

  expect(() => refuseSteering(body)).toThrow(short)
  expect(() => refuseSteering(body)).toThrow(
    refusalOf(`metadata.${'n'.repeat(91)}…${'n'.repeat(91)}.api_base`),
  )
})

describe("the caller's own words", () => {
  it.each([
    { messages: [{ role: 'user', content: '{"api_base":"x"}', api_base: 'x' }] },
    { input: [{ api_key: 'x' }] },
    { tools: [{ function: { parameters: { properties: { base_url: {} } } } }] },
    { metadata: { note: 'set api_base to x', trace: 'api_key' } },
    { metadata: '{ not json, but api_base' },
    { extra_body: { top_k: 3 }, API_BASE: 'x', brand_new: { api_base: 1 } },
  ])('pass: %j', (body) => {
    expect(() => refuseSteering({ model: 'm', ...body })).not.toThrow()
  })

  it.each(['', '?', '?stream=true&include[]=a&limit=2', '?after=api_base'])(
    'pass in the query %j',
    (query) => {
      expect(() => refuseSteeringQuery(query)).not.toThrow()
    },
  )

  it.each([
    'model',
    'file',
    'image[]',
    'timestamp_granularities[]',
    'metadata[purpose]',
    'expires_after[anchor]',
    'note[api_base]',
  ])('pass as the field %s of an upload', (name) => {
    expect(() => refuseSteeringField(name)).not.toThrow()
  })

  it('pass in the text of an ordinary field', () => {
    expect(() => refuseSteeringFieldText('prompt', '{"api_base":"x"}')).not.toThrow()
    expect(() => refuseSteeringFieldText('metadata', 'just words')).not.toThrow()
  })
})
