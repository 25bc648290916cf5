import { type Candidate } from './candidate.ts'

/** No proxy: the load generator talks to the scripted upstream. What the others add is counted from here. */
export const direct: Candidate = {
  name: 'direct',
  start: ({ upstream }) =>
    Promise.resolve({
      port: Number(new URL(upstream).port),
      pid: undefined,
      base: '/v1',
      headers: {},
      stop: () => Promise.resolve(),
    }),
}
