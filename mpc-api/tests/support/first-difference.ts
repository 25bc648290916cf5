/** Where two long texts part, as a short excerpt of each; undefined when they are the same. */
export function firstDifference(received: string, expected: string): object | undefined {
  if (received === expected) return undefined
  let at = 0
  while (received[at] === expected[at]) at += 1
  const around = (text: string) => text.slice(Math.max(0, at - 40), at + 40)
  return {
    at,
    received: around(received),
    expected: around(expected),
    lengths: [received.length, expected.length],
  }
}
