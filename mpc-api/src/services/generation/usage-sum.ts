import { addKnown } from '../../protocol/token-usage.ts'

/** Tokens of one turn; cached input is not part of `input`, reasoning is part of `output`. */
export interface TurnTokens {
  input: number
  cacheRead: number
  cacheWrite: number
  output: number
  reasoning: number
}

/** What a generation used, all turns together. What any turn did not say is null, never 0. */
export interface GenerationUsage {
  turns: number
  /** All input, cached or not. */
  inputTokens: number | null
  cachedInputTokens: number | null
  /** All output, reasoning included. */
  outputTokens: number | null
  reasoningTokens: number | null
  totalTokens: number | null
  /** Micro-dollars. */
  costMicroUsd: number | null
}

export const NO_USAGE: GenerationUsage = {
  turns: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
  costMicroUsd: 0,
}

export function addTurn(
  sum: GenerationUsage,
  tokens: TurnTokens | undefined,
  costMicroUsd: number | null,
): GenerationUsage {
  const input = tokens && tokens.input + tokens.cacheRead + tokens.cacheWrite
  return {
    turns: sum.turns + 1,
    inputTokens: addKnown(sum.inputTokens, input),
    cachedInputTokens: addKnown(sum.cachedInputTokens, tokens?.cacheRead),
    outputTokens: addKnown(sum.outputTokens, tokens?.output),
    reasoningTokens: addKnown(sum.reasoningTokens, tokens?.reasoning),
    totalTokens: addKnown(sum.totalTokens, tokens && (input ?? 0) + tokens.output),
    costMicroUsd: addKnown(sum.costMicroUsd, costMicroUsd),
  }
}
