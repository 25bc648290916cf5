import { GatewayError, UpstreamRefusal } from '../../errors/gateway-error.ts'
import { askForRepair, type ChatMessage, openConversation } from './conversation.ts'
import { type Job } from './generation-kind.ts'
import { type Part, PartialReader } from './partial-reader.ts'
import { type Problem } from './problem.ts'
import { type PromptLibrary, type PromptName } from './prompt-library.ts'
import { readAnswer } from './read-answer.ts'
import { addTurn, type GenerationUsage, NO_USAGE, type TurnTokens } from './usage-sum.ts'

/** One answer of a model. */
export interface Completion {
  text: string
  /** What the model said instead of answering; null when it answered. */
  refusal: string | null
  finishReason: string | null
  usage: TurnTokens | undefined
  /** Micro-dollars; null when unknown. */
  costMicroUsd: number | null
}

/**
 * Asks a model for its next message.
 *
 * @param schema what the answer must be valid against; undefined for a model that cannot be held to one
 * @param onText is called with each piece of the answer as it comes; without it the answer comes whole
 * @throws {GatewayError} when there is no answer
 */
export type Complete = (
  messages: readonly ChatMessage[],
  schema: { name: string; schema: Record<string, unknown> } | undefined,
  onText?: (piece: string) => void,
) => Promise<Completion>

/** What can be told while a generation runs. Parts are as the model wrote them, not checked yet. */
export type GenerationEvent =
  | { type: 'progress'; stage: 'writing'; turn: number }
  | { type: 'progress'; stage: 'repairing'; turn: number; problems: readonly Problem[] }
  | ({ type: 'part'; turn: number } & Part)

export interface GenerationTools {
  complete: Complete
  prompts: PromptLibrary
  /** Given, the model's answer is read as it is written. */
  report?: (event: GenerationEvent) => void
}

/** A finished generation. */
export interface Generated {
  result: unknown
  usage: GenerationUsage
  promptVersion: string
  promptDigest: string
}

/** The first answer, and one that repairs it. */
const MOST_TURNS = 2
const LONGEST_QUOTE = 500

/**
 * Has a model write what a job asks for, checks it, and has the model repair it once.
 *
 * @throws {GatewayError} GENERATION_FAILED with `details.reason`: `invalid`, `refused` or `truncated`; or why the model
 * could not be asked
 */
export async function generate(job: Job, tools: GenerationTools): Promise<Generated> {
  return new Generation(job, tools).run()
}

class Generation {
  readonly #job: Job
  readonly #tools: GenerationTools
  readonly #messages: ChatMessage[]
  /** False once the model has turned out to take no schema. */
  #isHeldToSchema = true
  #usage = NO_USAGE

  constructor(job: Job, tools: GenerationTools) {
    this.#job = job
    this.#tools = tools
    this.#messages = openConversation(job, tools.prompts)
  }

  async run(): Promise<Generated> {
    for (;;) {
      const { text } = await this.#ask()
      const reading = readAnswer(text, this.#job)
      if (reading.ok) return { result: reading.result, usage: this.#usage, ...this.#promptFacts() }
      const { problems } = reading
      if (this.#usage.turns >= MOST_TURNS)
        throw this.#failed('invalid', describeInvalid(problems), { problems })
      this.#messages.push(...askForRepair(this.#tools.prompts, text, problems))
      this.#tools.report?.({ type: 'progress', stage: 'repairing', turn: this.#usage.turns + 1, problems })
    }
  }

  async #ask(): Promise<Completion> {
    const completion = await this.#complete()
    this.#usage = addTurn(this.#usage, completion.usage, completion.costMicroUsd)
    const { refusal, finishReason } = completion
    if (refusal !== null || finishReason === 'content_filter') {
      const said = refusal?.slice(0, LONGEST_QUOTE) ?? null
      throw this.#failed(
        'refused',
        'The model refused to write this. Change the request, or take another model.',
        {
          refusal: said,
        },
      )
    }
    if (finishReason === 'length') {
      const message =
        'The model reached its limit of output before it was done. Ask for less, or take a model with a larger limit.'
      throw this.#failed('truncated', message, {})
    }
    return completion
  }

  async #complete(): Promise<Completion> {
    try {
      return await this.#send()
    } catch (problem) {
      if (!this.#isHeldToSchema || !refusesSchema(problem)) throw problem
      this.#isHeldToSchema = false
      return this.#send()
    }
  }

  #send(): Promise<Completion> {
    const { kind, schema } = this.#job
    const name = kind.replaceAll('-', '_')
    return this.#tools.complete(
      this.#messages,
      this.#isHeldToSchema ? { name, schema } : undefined,
      this.#listen(),
    )
  }

  #listen(): ((piece: string) => void) | undefined {
    const { report } = this.#tools
    if (report === undefined) return undefined
    const reader = new PartialReader()
    const turn = this.#usage.turns + 1
    let isFirst = true
    return (piece) => {
      if (isFirst) report({ type: 'progress', stage: 'writing', turn })
      isFirst = false
      for (const part of reader.push(piece)) report({ type: 'part', turn, ...part })
    }
  }

  #promptFacts(): { promptVersion: string; promptDigest: string } {
    const { prompts } = this.#tools
    return { promptVersion: prompts.get(this.#job.kind as PromptName).version, promptDigest: prompts.digest }
  }

  #failed(reason: string, message: string, more: Record<string, unknown>): GatewayError {
    return new GatewayError('GENERATION_FAILED', message, {
      details: { reason, ...more, usage: this.#usage, ...this.#promptFacts() },
      // The model has had its second chance here: clients that try again by themselves would only pay again.
      headers: { 'x-should-retry': 'false' },
    })
  }
}

function describeInvalid(problems: readonly Problem[]): string {
  const first = problems[0]
  const what =
    first === undefined ? '' : ` ${first.path === '' ? 'Its answer' : first.path} ${first.message}.`
  return `The model did not write what was asked for, not even after it was shown what was wrong.${what}`
}

/** LiteLLM and the providers each have their own words for it; all name the parameter or what it asks for. */
function refusesSchema(problem: unknown): boolean {
  if (!(problem instanceof UpstreamRefusal) || (problem.status !== 400 && problem.status !== 422))
    return false
  const { message, param } = problem.fields
  return /response_?format|json_?schema|structured.?output|output_(?:format|config)/i.test(
    `${param ?? ''} ${message}`,
  )
}
