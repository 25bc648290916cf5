import { setImmediate as nextTurn } from 'node:timers/promises'

/** What moves between two sockets of one process moves within a few turns of its event loop. */
const STILL_TURNS = 100

/** Resolves with the value once the event loop has turned many times without a change of it. */
export async function untilStill<T>(read: () => T): Promise<T> {
  let last = read()
  for (let turns = 0; turns < STILL_TURNS; turns += 1) {
    await nextTurn()
    const now = read()
    if (now !== last) turns = 0
    last = now
  }
  return last
}
