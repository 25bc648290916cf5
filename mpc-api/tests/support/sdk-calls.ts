import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { toFile } from 'openai'

/** Both SDKs as they come: each sends a failing request three times. */
export interface Sdks {
  readonly openai: OpenAI
  readonly anthropic: Anthropic
}

/** One thing that a program asks of a model, through an SDK. */
export interface SdkCall {
  readonly name: string
  /** Sends it, and reads the answer to its end. What is in `marker` is in every request that this leads to. */
  ask(sdks: Sdks, marker: string): Promise<unknown>
  /** For what has no body that could carry a marker: how the path at the provider begins. */
  readonly path?: string
}

/** How often an SDK sends a request that keeps failing. */
export const sdkTries = 3

export function connectSdks(gatewayUrl: string, apiKey: string): Sdks {
  return {
    openai: new OpenAI({ baseURL: `${gatewayUrl}/api/v1`, apiKey }),
    anthropic: new Anthropic({ baseURL: `${gatewayUrl}/api`, apiKey }),
  }
}

/** What can be asked of a chat model, in every dialect, whole and streamed. */
export function chatCalls(model: string): readonly SdkCall[] {
  const max_tokens = 10
  const messages = (content: string) => [{ role: 'user' as const, content }]
  const call = (name: string, ask: SdkCall['ask']): SdkCall => ({ name: `${name} to ${model}`, ask })
  return [
    call('chat', ({ openai }, m) => openai.chat.completions.create({ model, messages: messages(m) })),
    call('streamed chat', async ({ openai }, m) =>
      drain(await openai.chat.completions.create({ model, messages: messages(m), stream: true })),
    ),
    call('completion', ({ openai }, m) => openai.completions.create({ model, prompt: m })),
    call('streamed completion', async ({ openai }, m) =>
      drain(await openai.completions.create({ model, prompt: m, stream: true })),
    ),
    call('response', ({ openai }, m) => openai.responses.create({ model, input: m })),
    call('streamed response', async ({ openai }, m) =>
      drain(await openai.responses.create({ model, input: m, stream: true })),
    ),
    call('message', ({ anthropic }, m) =>
      anthropic.messages.create({ model, max_tokens, messages: messages(m) }),
    ),
    call('streamed message', async ({ anthropic }, m) =>
      drain(await anthropic.messages.create({ model, max_tokens, messages: messages(m), stream: true })),
    ),
  ]
}

/** What else reaches a provider. Each with the models of the default configuration. */
export const otherCalls: readonly SdkCall[] = [
  {
    name: 'count of tokens',
    ask: ({ anthropic }, content) =>
      anthropic.messages.countTokens({ model: 'claude-haiku-4-5', messages: [{ role: 'user', content }] }),
  },
  {
    name: 'embedding',
    ask: ({ openai }, input) => openai.embeddings.create({ model: 'text-embedding-3-small', input }),
  },
  {
    name: 'moderation',
    ask: ({ openai }, input) => openai.moderations.create({ model: 'gpt-4o-mini', input }),
  },
  {
    name: 'image',
    ask: ({ openai }, prompt) => openai.images.generate({ model: 'gpt-image-2', prompt }),
  },
  {
    name: 'edited image',
    ask: async ({ openai }, prompt) =>
      openai.images.edit({ model: 'gpt-image-2', prompt, image: await file('image.png', 'image/png') }),
  },
  {
    name: 'speech',
    ask: ({ openai }, input) =>
      openai.audio.speech.create({ model: 'gpt-4o-mini-tts', input, voice: 'alloy' }),
  },
  {
    name: 'transcript',
    ask: async ({ openai }, prompt) =>
      openai.audio.transcriptions.create({
        model: 'gpt-4o-transcribe',
        prompt,
        file: await file('speech.wav', 'audio/wav'),
      }),
  },
  { name: 'list of files', ask: ({ openai }) => openai.files.list(), path: '/v1/files' },
  {
    name: 'batch',
    ask: ({ openai }, input_file_id) =>
      openai.batches.create({
        input_file_id,
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
      }),
  },
  { name: 'list of batches', ask: ({ openai }) => openai.batches.list(), path: '/v1/batches' },
]

function file(name: string, type: string): ReturnType<typeof toFile> {
  return toFile(Buffer.from('not much'), name, { type })
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  const reader = stream[Symbol.asyncIterator]()
  while ((await reader.next()).done !== true);
}
