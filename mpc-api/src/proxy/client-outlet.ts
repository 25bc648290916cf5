import { type HeaderFields } from '../http-client/header-fields.ts'
import { type AnswerSink } from '../http/answer-sink.ts'
import {
  type Answer,
  type MediaOptions,
  type Outlet,
  type StreamAnswer,
  type StreamOptions,
} from './answer.ts'
import { EventStreamAnswer } from './event-stream-answer.ts'
import { MediaAnswer } from './media-answer.ts'
import { type UsageTap } from './usage-tap.ts'
import { WholeAnswer } from './whole-answer.ts'

/** Leads an answer to a client, as it came from LiteLLM. */
export class ClientOutlet implements Outlet {
  readonly #sink: AnswerSink

  constructor(sink: AnswerSink) {
    this.#sink = sink
  }

  whole(status: number, headers: HeaderFields, tap: UsageTap): Answer {
    return new WholeAnswer(this.#sink, status, headers, tap)
  }

  media(options: MediaOptions): Answer {
    return new MediaAnswer(this.#sink, options)
  }

  stream(options: StreamOptions): StreamAnswer {
    return new EventStreamAnswer(this.#sink, options)
  }

  whenReady(action: () => void): void {
    this.#sink.whenReady(action)
  }
}
