import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  joinUsage,
  readAnswerUsage,
  readMicroUsd,
  readUsage,
  speechUsage,
  type Usage,
  type UsageDialect,
} from './token-usage.ts'

const tokens = (parts: Partial<Usage>): Usage => ({
  input: 0,
  cacheRead: 0,
  cacheWrite: 0,
  output: 0,
  reasoning: 0,
  ...parts,
})

describe('usage in every shape becomes one', () => {
  it.each<[string, UsageDialect, object, Partial<Usage>]>([
    [
      'OpenAI chat, cached tokens taken out of the input',
      'openai',
      {
        prompt_tokens: 2006,
        completion_tokens: 300,
        total_tokens: 2306,
        prompt_tokens_details: { cached_tokens: 1920, cache_write_tokens: 6, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 192, accepted_prediction_tokens: 0 },
      },
      { input: 80, cacheRead: 1920, cacheWrite: 6, output: 300, reasoning: 192 },
    ],
    [
      'chat with nulls for details',
      'openai',
      {
        prompt_tokens: 3,
        completion_tokens: 4,
        prompt_tokens_details: null,
        completion_tokens_details: null,
      },
      { input: 3, output: 4 },
    ],
    [
      'LiteLLM chat for an Anthropic model, where cached tokens are in the input and named twice',
      'openai',
      {
        prompt_tokens: 110,
        completion_tokens: 5,
        prompt_tokens_details: { cached_tokens: 60 },
        cache_read_input_tokens: 60,
        cache_creation_input_tokens: 40,
      },
      { input: 10, cacheRead: 60, cacheWrite: 40, output: 5 },
    ],
    ['embeddings', 'openai', { prompt_tokens: 8, total_tokens: 8 }, { input: 8 }],
    [
      'Responses',
      'openai',
      {
        input_tokens: 36,
        input_tokens_details: { cached_tokens: 16, cache_write_tokens: 4 },
        output_tokens: 87,
        output_tokens_details: { reasoning_tokens: 64 },
        total_tokens: 123,
      },
      { input: 16, cacheRead: 16, cacheWrite: 4, output: 87, reasoning: 64 },
    ],
    [
      'pictures that count tokens',
      'openai',
      {
        input_tokens: 50,
        input_tokens_details: { text_tokens: 10, image_tokens: 40 },
        output_tokens: 4160,
        output_tokens_details: { image_tokens: 4160, text_tokens: 0 },
        total_tokens: 4210,
      },
      { input: 50, output: 4160 },
    ],
    [
      'transcripts that count tokens',
      'openai',
      {
        type: 'tokens',
        input_tokens: 14,
        input_token_details: { text_tokens: 10, audio_tokens: 4 },
        output_tokens: 101,
        total_tokens: 115,
      },
      { input: 14, output: 101 },
    ],
    ['transcripts that count seconds', 'openai', { type: 'duration', seconds: 12.5 }, { audioSeconds: 12.5 }],
    [
      'streamed speech',
      'openai',
      { input_tokens: 14, output_tokens: 101, total_tokens: 115 },
      { input: 14, output: 101 },
    ],
    [
      'Anthropic, whose input excludes what is cached',
      'anthropic',
      {
        input_tokens: 21,
        output_tokens: 393,
        cache_creation_input_tokens: 188,
        cache_read_input_tokens: 1042,
        cache_creation: { ephemeral_5m_input_tokens: 188, ephemeral_1h_input_tokens: 0 },
        server_tool_use: { web_search_requests: 1 },
        service_tier: 'standard',
      },
      { input: 21, cacheRead: 1042, cacheWrite: 188, output: 393 },
    ],
    ["Anthropic's last event", 'anthropic', { output_tokens: 15 }, { output: 15 }],
  ])('%s', (_, dialect, usage, expected) => {
    expect(readUsage(usage, dialect)).toEqual(tokens(expected))
  })

  it.each([
    undefined,
    null,
    'a',
    7,
    [],
    {},
    { total_tokens: 3 },
    { prompt_tokens: '3' },
    { prompt_tokens: -1 },
    { type: 'duration' },
  ])('what holds no counts, %j, is none', (usage) => {
    expect(readUsage(usage, 'openai')).toBeUndefined()
  })

  it('never counts below zero, nor throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom<UsageDialect>('openai', 'anthropic'), (usage, dialect) => {
        const read = readUsage(usage, dialect)
        if (read !== undefined) expect(Math.min(...Object.values(read).map(Number))).toBeGreaterThanOrEqual(0)
      }),
    )
    expect(
      readUsage({ prompt_tokens: 1, prompt_tokens_details: { cached_tokens: 5 } }, 'openai')?.input,
    ).toBe(0)
  })
})

describe('the usage of a whole answer', () => {
  it('is its own report where it has one', () => {
    const answer = { data: [{ b64_json: 'eA==' }], usage: { input_tokens: 1, output_tokens: 2 } }

    expect(readAnswerUsage(answer, 'openai')).toEqual(tokens({ input: 1, output: 2 }))
  })

  it.each([
    [
      'pictures are counted where there is no report',
      { created: 1, data: [{ url: 'http://x' }, { b64_json: 'eA==' }] },
      tokens({ images: 2 }),
    ],
    [
      'pictures of a model that counts no tokens, as LiteLLM reports them',
      { data: [{ url: 'http://a' }], usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0 } },
      tokens({ images: 1 }),
    ],
    [
      'searches are counted for reranking',
      { results: [{ index: 0, relevance_score: 0.9 }], meta: { billed_units: { search_units: 1 } } },
      tokens({ searchUnits: 1 }),
    ],
    ['a list of models uses nothing', { object: 'list', data: [{ id: 'm', object: 'model' }] }, undefined],
    ['an empty list uses nothing', { data: [] }, undefined],
    ['a transcript without usage uses nothing known', { text: 'hello' }, undefined],
  ])('%s', (_, answer, expected) => {
    expect(readAnswerUsage(answer, 'openai')).toEqual(expected)
  })

  it('of speech is its text in Unicode characters', () => {
    expect(speechUsage('Grüß 👍')).toEqual(tokens({ characters: 6 }))
  })
})

describe('two reports of one request', () => {
  it("are joined: Anthropic's input comes first, its output last", () => {
    const start = readUsage({ input_tokens: 25, output_tokens: 1, cache_read_input_tokens: 9 }, 'anthropic')
    const end = readUsage({ output_tokens: 15 }, 'anthropic')!

    expect(joinUsage(start, end)).toEqual(tokens({ input: 25, cacheRead: 9, output: 15 }))
  })

  it('keep what only the first one said', () => {
    expect(joinUsage(speechUsage('abc'), tokens({ input: 2, output: 9 }))).toEqual(
      tokens({ characters: 3, input: 2, output: 9 }),
    )
  })
})

describe('a price in dollars', () => {
  it.each([
    ['0.000123', 123],
    ['1.5e-05', 15],
    [0.0000004, 0],
    [0, 0],
    ['0.0', 0],
    ['', null],
    [' ', null],
    ['None', null],
    [null, null],
    [undefined, null],
    [-1, null],
    [NaN, null],
    ['Infinity', null],
    [true, null],
    [[1], null],
  ])('%j is %j micro-dollars', (usd, expected) => {
    expect(readMicroUsd(usd)).toBe(expected)
  })
})
