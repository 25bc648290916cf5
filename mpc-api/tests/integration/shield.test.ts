import { describe, expect, it } from 'vitest'
import { chatAnswer } from '../support/chat-frames.ts'
import { expectEnvelope } from '../support/expect-envelope.ts'
import { ask, chatPath, startPair } from '../support/start-pair.ts'

const { post, upstream } = await startPair()

const steering = [
  'api_base',
  'base_url',
  'api_key',
  'custom_llm_provider',
  'model_list',
  'fallbacks',
  'guardrails',
  'mock_response',
]
const kin = [
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'mock_tool_calls',
  'mock_timeout',
  'user_config',
]
const containers = ['extra_body', 'litellm_params', 'metadata']

async function expectRefused(body: unknown, name: string) {
  const error = await expectEnvelope(await post(chatPath, body), 400, 'BAD_REQUEST')
  expect(error.param).toContain(name)
  expect(error.message).toContain(name)
  expect(upstream.received()).toBe('')
}

async function expectForwarded(body: unknown) {
  upstream.respond(chatAnswer())
  expect((await post(chatPath, body)).status).toBe(200)
  expect(upstream.requests[0]?.body.toString()).toBe(typeof body === 'string' ? body : JSON.stringify(body))
}

describe('what would steer LiteLLM itself is refused by name', () => {
  it.each([...steering, ...kin])('%s at the top', async (name) => {
    await expectRefused({ ...ask, [name]: 'x' }, name)
  })

  it.each(containers.flatMap((container) => steering.map((name) => [name, container])))(
    '%s in %s',
    async (name, container) => {
      await expectRefused({ ...ask, [container]: { [name]: ['x'] } }, name)
    },
  )

  it.each([
    ['extra_body inside extra_body', { extra_body: { extra_body: { api_base: 'x' } } }],
    ['litellm_params inside extra_body', { extra_body: { litellm_params: { api_base: 'x' } } }],
    ['metadata inside extra_body', { extra_body: { metadata: { api_base: 'x' } } }],
    ['any object inside metadata', { metadata: { a: { b: { api_base: 'x' } } } }],
    ['an array inside metadata', { metadata: { a: [{ api_base: 'x' }] } }],
  ])('api_base deeper: %s', async (_, extra) => {
    await expectRefused({ ...ask, ...extra }, 'api_base')
  })

  it('a name spelt with escapes', async () => {
    await expectRefused(JSON.stringify(ask).replace(/}$/, ',"\\u0061pi_base":"http://evil"}'), 'api_base')
  })

  it.each([
    ['at the top', (name: string) => JSON.stringify(ask).replace(/}$/, `,"top":1,"${name}":"http://evil"}`)],
    [
      'in a container',
      (name: string) => JSON.stringify(ask).replace(/}$/, `,"metadata":{"deep":1,"${name}":"http://evil"}}`),
    ],
    [
      'in a container that is a text',
      (name: string) => JSON.stringify({ ...ask, litellm_metadata: `{"text":1,"${name}":"http://evil"}` }),
    ],
  ])(
    'a name written with an escape, after requests that mislead the JSON.parse of Node 24: %s',
    async (_, textWith) => {
      // It takes a name for one seen before whose text begins as this one's source does.
      for (let sent = 0; sent < 3; sent += 1) {
        upstream.respond(chatAnswer())
        expect((await post(chatPath, textWith('\\\\u0061pi'))).status).toBe(200)
      }
      upstream.reset()
      await expectRefused(textWith('\\u0061pi_base'), 'api_base')
    },
  )

  it('a name given twice, the second time harmless', async () => {
    await expectRefused(
      JSON.stringify(ask).replace(/}$/, ',"api_base":"http://evil","api_base":null}'),
      'api_base',
    )
  })
})

describe('the words of the user are not judged', () => {
  it.each([
    [
      'in the text of a message',
      { messages: [{ role: 'user', content: 'set api_base and "api_key": "x"' }] },
    ],
    [
      'as a field of a content part',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'x', api_key: 'y' }] }] },
    ],
    ['as a field of a message', { messages: [{ role: 'user', content: 'x', api_base: 'y' }] }],
    [
      'as the arguments of a tool call',
      {
        messages: [
          {
            role: 'assistant',
            tool_calls: [
              { id: '1', type: 'function', function: { name: 'f', arguments: '{"api_base":"x"}' } },
            ],
          },
        ],
      },
    ],
    [
      'in the schema of a tool',
      {
        tools: [
          {
            type: 'function',
            function: {
              name: 'f',
              parameters: { type: 'object', properties: { api_key: {}, fallbacks: {}, base_url: {} } },
            },
          },
        ],
      },
    ],
    [
      'in the schema of the answer',
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'n', schema: { properties: { api_base: {} } } },
        },
      },
    ],
  ])('%s', async (_, extra) => {
    await expectForwarded({ ...ask, ...extra })
  })

  it('ordinary metadata and unknown fields pass', async () => {
    await expectForwarded({
      ...ask,
      metadata: { user: 'u', trace: { id: 1 } },
      extra_body: { top_k: 5 },
      brand_new: [1],
    })
  })

  it.each(['api_version', 'organization', 'user', 'store', 'seed', 'service_tier', 'prediction'])(
    'the ordinary parameter %s is not taken for one that steers, or is refused by its name',
    async (name) => {
      upstream.respond(chatAnswer())
      const response = await post(chatPath, { ...ask, [name]: 'x' })

      if (response.status !== 200) expect((await expectEnvelope(response, 400)).param).toContain(name)
    },
  )
})
