/** Tokens of one answer and its make-believe price in US dollars. */
export interface Usage {
  readonly input: number
  readonly output: number
  readonly costUsd: number
}

const inputUsdPerMillion = 1
const outputUsdPerMillion = 4

/** The rule of thumb of four characters a token: plausible, not exact. */
export const countTokens = (text: string) => Math.ceil(text.length / 4)

/** Rounded to a hundredth of a micro-dollar, so that figures do not show binary dust. */
export function costOf(input: number, output: number): number {
  const microUsd = input * inputUsdPerMillion + output * outputUsdPerMillion
  return Number((microUsd / 1e6).toFixed(8))
}

/** `usage` of chat and completion answers. */
export const toChatUsage = ({ input, output }: Usage) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
})

/** `usage` of Responses answers. */
export const toResponsesUsage = ({ input, output }: Usage) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: input + output,
})

/** `usage` of Messages answers. */
export const toMessagesUsage = ({ input, output }: Usage) => ({
  input_tokens: input,
  output_tokens: output,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
})
