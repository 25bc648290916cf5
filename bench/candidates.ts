import { type Candidate } from './candidates/candidate.ts'
import { direct } from './candidates/direct.ts'
import { litellm } from './candidates/litellm.ts'
import { mpcApi } from './candidates/mpc-api.ts'
import { naive } from './candidates/naive.ts'
import { nginx } from './candidates/nginx.ts'
import { portkey } from './candidates/portkey.ts'

/** In the order of the table's columns. */
export const candidates: Candidate[] = [direct, nginx, mpcApi, naive, portkey, litellm]
