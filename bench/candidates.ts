import { type Candidate } from './candidates/candidate.ts'
import { direct } from './candidates/direct.ts'
import { litellm } from './candidates/litellm.ts'
import { mpcApi, mpcApiOf } from './candidates/mpc-api.ts'
import { naive } from './candidates/naive.ts'
import { nginx } from './candidates/nginx.ts'
import { portkey } from './candidates/portkey.ts'
import { type OtherBuild } from './options.ts'

/** In the order of the table's columns; other builds of MPC-API stand beside it. */
export function candidatesWith(also: OtherBuild[]): Candidate[] {
  const others = also.map(({ name, folder }) => mpcApiOf(name, folder))
  return [direct, nginx, mpcApi, ...others, naive, portkey, litellm]
}
