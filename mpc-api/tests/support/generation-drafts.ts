import { finishFrame, doneFrame, textFrame, usage, usageFrame, wholeChat } from './chat-frames.ts'
import { json, stream } from './upstream-behaviours.ts'
import { type Behaviour } from './upstream-stub.ts'

const words = (count: number) => Array.from({ length: count }, () => 'word').join(' ')

const section = (role: string, durationSeconds: number, count: number) => ({
  role,
  heading: 'Part',
  durationSeconds,
  narration: words(count),
  visuals: 'A loaf',
  onScreenText: null,
})

/** What is asked for, and what a model that does as it is told writes. */
export const scriptRequest = { topic: 'Why bread rises', durationSeconds: 60 }
export const scriptDraft = {
  title: 'Why bread rises',
  sections: [section('hook', 10, 25), section('content', 50, 125)],
}
export const thumbnailRequest = { title: 'Why bread rises', count: 1, textOverlay: 'IT BREATHES' }
export const thumbnailDraft = {
  prompts: [
    {
      prompt: 'A loaf of bread that breathes, macro photo, 16:9',
      negativePrompt: 'clutter',
      composition: 'The loaf to the left',
      palette: ['#FFCC00', '#113355'],
      overlayText: 'IT BREATHES',
    },
  ],
}
export const metadataRequest = { summary: 'What yeast does.', titleCount: 1, durationSeconds: 90 }
export const metadataDraft = {
  titles: ['Why bread rises'],
  description: 'What yeast does.',
  tags: ['bread', 'yeast'],
  hashtags: ['#bread'],
  chapters: [
    { startSeconds: 0, title: 'Yeast' },
    { startSeconds: 30, title: 'Gluten' },
    { startSeconds: 60, title: 'Oven' },
  ],
  category: 'Education',
}

/** A whole chat answer with this text, and a cost in LiteLLM's header. */
export function writes(text: string | object, message: object = {}, finish = 'stop'): Behaviour {
  const content = typeof text === 'string' ? text : JSON.stringify(text)
  const answer = wholeChat(content)
  const choices = [{ index: 0, message: { role: 'assistant', content, ...message }, finish_reason: finish }]
  return json({ ...answer, choices }, { headers: { 'x-litellm-response-cost': '0.000123' } })
}

/** A chat stream that says the text in pieces of a few characters, then its usage and cost. */
export function streams(text: string | object, options: Parameters<typeof stream>[1] = {}): Behaviour {
  const whole = typeof text === 'string' ? text : JSON.stringify(text)
  const pieces = whole.match(/[^]{1,40}/g) ?? []
  return stream([...pieces.map(textFrame), finishFrame, usageFrame, doneFrame], options)
}

/** Tokens of one scripted answer. */
export const tokensOfOne = { input: usage.prompt_tokens, output: usage.completion_tokens }
