import { type FuzzTarget } from './fuzz-target.ts'
import { type FormReader } from './starlette.ts'
import { bodyTarget } from './targets/body.ts'
import { eventStreamTarget } from './targets/event-stream.ts'
import { multipartTarget } from './targets/multipart.ts'
import { requestTargetTarget } from './targets/request-target.ts'
import { responseTarget } from './targets/response.ts'
import { socketsTarget } from './targets/sockets.ts'

/** @param readLikeLitellm undefined where LiteLLM is not on this machine */
export function createFuzzTargets(readLikeLitellm: FormReader | undefined): readonly FuzzTarget[] {
  return [
    bodyTarget,
    eventStreamTarget,
    multipartTarget(readLikeLitellm),
    requestTargetTarget,
    responseTarget,
    socketsTarget,
  ]
}
