import { type ServerResponse } from 'node:http'
import { type Outlet } from './answer.ts'
import { EventStreamAnswer } from './event-stream-answer.ts'
import { MediaAnswer } from './media-answer.ts'
import { WholeAnswer } from './whole-answer.ts'

/** Leads an answer to the client that asked. */
export function clientOutlet(res: ServerResponse): Outlet {
  return {
    whole: (status, headers, tap) => new WholeAnswer(res, status, headers, tap),
    media: (options) => new MediaAnswer(res, options),
    stream: (options) => new EventStreamAnswer(res, options),
    whenReady: (action) => void res.once('drain', action),
  }
}
