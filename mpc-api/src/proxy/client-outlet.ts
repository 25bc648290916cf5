import { type AnswerSink } from '../http/answer-sink.ts'
import { type Outlet } from './answer.ts'
import { EventStreamAnswer } from './event-stream-answer.ts'
import { MediaAnswer } from './media-answer.ts'
import { WholeAnswer } from './whole-answer.ts'

/** Leads an answer to a client, as it came from LiteLLM. */
export function clientOutlet(sink: AnswerSink): Outlet {
  return {
    whole: (status, headers, tap) => new WholeAnswer(sink, status, headers, tap),
    media: (options) => new MediaAnswer(sink, options),
    stream: (options) => new EventStreamAnswer(sink, options),
    whenReady: (action) => sink.whenReady(action),
  }
}
