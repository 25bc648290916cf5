import { isObject } from './is-object.ts'

/** One choice of a chat answer. */
export interface ChatChoice {
  index: number
  message: Record<string, unknown>
  finishReason: string | null
}

/** A whole chat answer. */
export interface ChatAnswer {
  model: string | null
  choices: ChatChoice[]
  /** As LiteLLM wrote it; null when it said nothing. */
  usage: Record<string, unknown> | null
}

/** What a chunk adds to one choice. */
export interface ChatDelta {
  index: number
  delta: Record<string, unknown>
}

/** Fields that each chunk may repeat; all other texts are pieces to be joined. */
const REPEATED = new Set(['role', 'id', 'type', 'name', 'index', 'finish_reason'])

/** Puts the chunks of a chat stream together again, with tool calls, audio and whatever else they carry. */
export class ChatAccumulator {
  readonly answer: ChatAnswer = { model: null, choices: [], usage: null }

  /**
   * @param chunk one `chat.completion.chunk`
   * @returns what it adds; nothing for chunks that only carry a role, a finish reason or usage
   */
  add(chunk: Record<string, unknown>): ChatDelta[] {
    if (typeof chunk['model'] === 'string') this.answer.model = chunk['model']
    if (isObject(chunk['usage'])) this.answer.usage = chunk['usage']
    const choices: unknown = chunk['choices']
    if (!Array.isArray(choices)) return []
    return choices.filter(isObject).flatMap((choice) => this.#addChoice(choice))
  }

  #addChoice(choice: Record<string, unknown>): ChatDelta[] {
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0
    const known = this.#choiceAt(index)
    if (typeof choice['finish_reason'] === 'string') known.finishReason = choice['finish_reason']
    if (!isObject(choice['delta'])) return []
    const delta = withoutNothing(choice['delta'])
    merge(known.message, delta)
    return Object.keys(delta).some((key) => key !== 'role') ? [{ index, delta }] : []
  }

  #choiceAt(index: number): ChatChoice {
    const known = this.answer.choices.find((choice) => choice.index === index)
    if (known !== undefined) return known
    const created: ChatChoice = { index, message: { role: 'assistant', content: null }, finishReason: null }
    this.answer.choices.push(created)
    return created
  }
}

/** Reads a `chat.completion` that came in one piece. */
export function readChatCompletion(value: unknown): ChatAnswer {
  const body = isObject(value) ? value : {}
  const choices: unknown = body['choices']
  return {
    model: typeof body['model'] === 'string' ? body['model'] : null,
    usage: isObject(body['usage']) ? body['usage'] : null,
    choices: (Array.isArray(choices) ? choices : []).filter(isObject).map((choice, position) => ({
      index: typeof choice['index'] === 'number' ? choice['index'] : position,
      message: isObject(choice['message']) ? choice['message'] : {},
      finishReason: typeof choice['finish_reason'] === 'string' ? choice['finish_reason'] : null,
    })),
  }
}

function withoutNothing(delta: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(delta).filter(([key, value]) => key !== '__proto__' && value !== null && value !== ''),
  )
}

function merge(into: Record<string, unknown>, piece: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(piece)) {
    if (key !== '__proto__' && value !== null) into[key] = join(into[key], value, REPEATED.has(key))
  }
}

function join(known: unknown, piece: unknown, isRepeated: boolean): unknown {
  if (Array.isArray(piece)) return joinLists(Array.isArray(known) ? known : [], piece)
  if (isObject(piece)) {
    const joined = isObject(known) ? known : {}
    merge(joined, piece)
    return joined
  }
  return typeof piece === 'string' && typeof known === 'string' && !isRepeated ? known + piece : piece
}

/** Items with an index belong to the item that has it already, such as the pieces of one tool call. */
function joinLists(known: unknown[], pieces: unknown[]): unknown[] {
  for (const piece of pieces) {
    const index = isObject(piece) ? piece['index'] : undefined
    const same = known.find((item) => index !== undefined && isObject(item) && item['index'] === index)
    if (isObject(same) && isObject(piece)) merge(same, piece)
    else known.push(join(undefined, piece, false))
  }
  return known
}
