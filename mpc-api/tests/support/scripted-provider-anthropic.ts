import { promptTokens, type Dialect } from './scripted-provider-openai.ts'

export const anthropicDialect: Dialect = {
  whole: (call, words) => ({
    ...message(call.model),
    content: [{ type: 'text', text: words.join('') }],
    stop_reason: 'end_turn',
    usage: { input_tokens: promptTokens, output_tokens: words.length },
  }),

  frames(call, words) {
    const events: readonly Readonly<Record<string, unknown>>[] = [
      { type: 'message_start', message: message(call.model) },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...words.map((text) => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text },
      })),
      { type: 'content_block_stop', index: 0 },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: words.length },
      },
      { type: 'message_stop' },
    ]
    return events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`)
  },

  failure: (status, fields) => ({
    type: 'error',
    error: {
      type: status === 429 ? 'rate_limit_error' : 'api_error',
      message: `scripted failure ${status}`,
      ...fields,
    },
  }),
}

function message(model: string): object {
  return {
    id: 'msg_scripted',
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: promptTokens, output_tokens: 0 },
  }
}
