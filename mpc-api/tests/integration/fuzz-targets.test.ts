import { describe, expect, it } from 'vitest'
import { findProblem, shrink } from '../fuzz/fuzz.ts'
import { demand, type FuzzTarget } from '../fuzz/fuzz-target.ts'
import { createFuzzTargets } from '../fuzz/fuzz-targets.ts'
import { mutate } from '../fuzz/mutate.ts'
import { createRandom } from '../fuzz/random.ts'

describe.each(createFuzzTargets(undefined).map((target) => [target.name, target] as const))(
  'what `npm run fuzz` searches for in %s',
  (_, target) => {
    const random = createRandom(1)
    const corpus = target.seeds.map((seed) => Buffer.from(seed))

    it('is not in its own inputs, nor in some that are near to them', { timeout: 30_000 }, async () => {
      const near = Array.from({ length: 200 }, () => mutate(random, { corpus, words: target.words }))
      for (const input of [...corpus, ...near]) {
        const finding = await findProblem(target, input)
        expect(finding?.problem, JSON.stringify(input.toString('latin1'))).toBeUndefined()
      }
    })
  },
)

it('a finding is made as small as it can be', async () => {
  const target: FuzzTarget = {
    name: 'planted',
    seeds: [],
    words: [],
    check(input) {
      demand(!/x.*y/.test(input.toString()), 'no x before y')
      return undefined
    },
  }
  const found = await findProblem(target, Buffer.from('abcxdefyghi'))

  expect((await shrink(target, found!)).input.toString()).toBe('xy')
})
