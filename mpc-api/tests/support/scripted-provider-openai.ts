/** How a provider says things: whole answers, the frames of a stream, failures. */
export interface Dialect {
  whole(call: AnsweredCall, words: readonly string[]): unknown
  frames(call: AnsweredCall, words: readonly string[]): readonly string[]
  failure(status: number, fields?: Readonly<Record<string, string>>): unknown
}

/** What of a request an answer depends on. */
export interface AnsweredCall {
  readonly path: string
  readonly model: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Every answer reports these, so that a test can tell what its cost must be. */
export const promptTokens = 1_000

const created = 1_700_000_000

export const openaiDialect: Dialect = {
  whole: (call, words) => (call.path.includes('/embeddings') ? embedding(call) : completion(call, words)),

  frames(call, words) {
    const chunk = (delta: object, finishReason: string | null): object => ({
      id: 'chatcmpl-scripted',
      object: 'chat.completion.chunk',
      created,
      model: call.model,
      choices: [{ index: 0, delta, finish_reason: finishReason }],
    })
    const usageChunk = { ...chunk({}, null), choices: [], usage: usage(words) }
    const objects = [
      chunk({ role: 'assistant', content: '' }, null),
      ...words.map((word) => chunk({ content: word }, null)),
      chunk({}, 'stop'),
      ...(asksForUsage(call.body) ? [usageChunk] : []),
    ]
    return [...objects.map((object) => `data: ${JSON.stringify(object)}\n\n`), 'data: [DONE]\n\n']
  },

  failure: (status, fields) => ({
    error: {
      message: `scripted failure ${status}`,
      type: 'scripted',
      param: null,
      code: 'scripted',
      ...fields,
    },
  }),
}

function completion(call: AnsweredCall, words: readonly string[]): object {
  return {
    id: 'chatcmpl-scripted',
    object: 'chat.completion',
    created,
    model: call.model,
    choices: [{ index: 0, message: { role: 'assistant', content: words.join('') }, finish_reason: 'stop' }],
    usage: usage(words),
  }
}

function embedding(call: AnsweredCall): object {
  return {
    object: 'list',
    model: call.model,
    data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.5] }],
    usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
  }
}

function usage(words: readonly string[]): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: words.length,
    total_tokens: promptTokens + words.length,
  }
}

function asksForUsage(body: Readonly<Record<string, unknown>>): boolean {
  const options = body['stream_options']
  return typeof options === 'object' && options !== null && 'include_usage' in options
}
