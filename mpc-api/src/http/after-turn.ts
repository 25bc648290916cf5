/** Actions that are asked for less than this apart, in ms, are worked on together. */
const TOGETHER_MS = 1
/** What works on more data than this does so right away, while the data is in the processor's caches. */
const LARGE_BYTES = 16 * 1024

const due: (() => void)[] = []
let askedAt = -Infinity

/**
 * Runs `action` once the event loop has taken in everything that arrived together, with the actions of other requests;
 * right away when no other was asked for just before.
 *
 * Hot path: under load many requests are at the same stage at once. Doing one stage for all of them before the next keeps
 * its code in the processor's caches, and lets what they send leave together, so that the receiver is woken once. A
 * fifth or more of a whole answer's CPU time was spent on doing otherwise (docs/performance.md).
 *
 * @param bytes how much data the action works on
 */
export function afterTurn(bytes: number, action: () => void): void {
  const now = performance.now()
  const isAlone = now - askedAt > TOGETHER_MS
  askedAt = now
  if (isAlone || bytes > LARGE_BYTES) action()
  else if (due.push(action) === 1) setImmediate(runDue)
}

function runDue(): void {
  for (const action of due.splice(0)) action()
}
