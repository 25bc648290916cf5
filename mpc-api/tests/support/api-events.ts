/** Frames of the Responses, Messages and image streams as their providers send them. */
export const event = (type: string, fields: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`

export const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1_767_225_600,
  status: 'completed',
  model: 'scripted',
  output: [
    {
      type: 'message',
      id: 'msg_1',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Grüß Gott', annotations: [] }],
    },
  ],
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  temperature: 1,
  top_p: 1,
  usage: {
    input_tokens: 36,
    input_tokens_details: { cached_tokens: 16 },
    output_tokens: 87,
    output_tokens_details: { reasoning_tokens: 64 },
    total_tokens: 123,
  },
}

const place = { output_index: 0, item_id: 'msg_1', content_index: 0 }
const running = { ...response, status: 'in_progress', output: [], usage: null }
const part = { type: 'output_text', text: '', annotations: [] }

export const textDelta = (delta: string, sequence_number: number) =>
  event('response.output_text.delta', { sequence_number, ...place, delta, logprobs: [] })

/** What comes before the text of a response. */
export const responseOpening = [
  event('response.created', { sequence_number: 0, response: running }),
  event('response.output_item.added', {
    sequence_number: 1,
    output_index: 0,
    item: { type: 'message', id: 'msg_1', status: 'in_progress', role: 'assistant', content: [] },
  }),
  event('response.content_part.added', { sequence_number: 2, ...place, part }),
]

export const responseCompleted = event('response.completed', { sequence_number: 9, response })

export const responseFrames = [
  ...responseOpening,
  textDelta('Grüß ', 3),
  textDelta('Gott', 4),
  event('response.output_text.done', { sequence_number: 5, ...place, text: 'Grüß Gott', logprobs: [] }),
  event('response.content_part.done', { sequence_number: 6, ...place, part: { ...part, text: 'Grüß Gott' } }),
  event('response.output_item.done', { sequence_number: 7, output_index: 0, item: response.output[0] }),
  responseCompleted,
]

export const imageFrames = [
  event('image_generation.partial_image', { b64_json: 'eA==', partial_image_index: 0 }),
  event('image_generation.completed', {
    b64_json: 'eHg=',
    usage: { input_tokens: 50, output_tokens: 4160, total_tokens: 4210 },
  }),
]
