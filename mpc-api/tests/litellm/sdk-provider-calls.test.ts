import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findLitellm } from '../support/litellm-installation.ts'
import { configurations } from '../support/litellm-with-providers.ts'
import { type ProviderBehaviour, type ProviderCall } from '../support/scripted-provider.ts'
import { chatCalls, connectSdks, otherCalls, sdkTries, type SdkCall } from '../support/sdk-calls.ts'
import { clientKey, startLitellmPair, type LitellmPair } from '../support/start-litellm-pair.ts'

const litellm = await findLitellm()

const failures = {
  'a 429': { kind: 'fail', status: 429, headers: { 'retry-after': '0' } },
  'a 500': { kind: 'fail', status: 500 },
  'a connection reset before the answer': { kind: 'reset' },
  'a connection closed before the answer': { kind: 'close' },
  'an answer that breaks off': { kind: 'cut' },
} satisfies Record<string, ProviderBehaviour>
type Failure = keyof typeof failures
const failureNames = Object.keys(failures) as Failure[]

const chats = [...chatCalls('gpt-4o-mini'), ...chatCalls('claude-haiku-4-5')]

/** So many failures at once would have the gateway leave LiteLLM alone, and hide calls from the count. */
const patient = { MPC_BREAKER_MIN_ANSWERS: '10000' }

/** Asks all at once, and counts for each what reached the providers. */
async function countProviderCalls(
  { gateway, proxy }: LitellmPair,
  asked: readonly SdkCall[],
): Promise<Readonly<Record<string, number>>> {
  const sdks = connectSdks(gateway.url, clientKey)
  const markers = asked.map((_, index) => `marker-${index}-end`)
  await Promise.all(asked.map((call, index) => settle(call.ask(sdks, markers[index] ?? ''))))
  const seen = [...proxy.openai.calls, ...proxy.anthropic.calls]
  const isOf = ({ path }: SdkCall, index: number) =>
    path === undefined
      ? ({ text }: ProviderCall) => text.includes(markers[index] ?? '')
      : (call: ProviderCall) => call.text === '' && call.path.startsWith(path)
  const counts = asked.map((call, index) => [call.name, seen.filter(isOf(call, index)).length] as const)
  expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(seen.length)
  return Object.fromEntries(counts)
}

async function settle(asked: Promise<unknown>): Promise<void> {
  await asked.catch(() => undefined)
}

type Counts = Awaited<ReturnType<typeof countProviderCalls>>

/** The calls that cost more than they may, or never reached a provider. */
function outside(counts: Counts, most: number): Counts {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count < 1 || count > most))
}

describe.skipIf(!litellm.ready)('one call of an SDK, default configuration', () => {
  let pair: LitellmPair
  beforeAll(async () => {
    if (litellm.ready) pair = await startLitellmPair(litellm.program, configurations.default, patient)
  })
  afterAll(() => pair[Symbol.asyncDispose]())

  it.each(failureNames)(
    'that meets %s costs no more provider calls than the SDK has tries',
    async (failure) => {
      pair.proxy.script(failures[failure])
      expect(outside(await countProviderCalls(pair, [...chats, ...otherCalls]), sdkTries)).toEqual({})
    },
  )

  it('is tried as often as the SDK wants when LiteLLM added nothing', async () => {
    pair.proxy.script(failures['a 500'])
    expect(Object.values(await countProviderCalls(pair, chats))).toEqual(chats.map(() => sdkTries))
  })

  it('that is answered costs one', async () => {
    pair.proxy.script()
    const answered = chats.filter(({ name }) => !name.includes('response to gpt'))
    expect(Object.values(await countProviderCalls(pair, answered))).toEqual(answered.map(() => 1))
  })
})

describe.skipIf(!litellm.ready)('one call of an SDK, production-fallback.yaml', () => {
  let pair: LitellmPair
  beforeAll(async () => {
    if (litellm.ready) {
      pair = await startLitellmPair(litellm.program, configurations.productionFallback, patient)
    }
  })
  afterAll(() => pair[Symbol.asyncDispose]())

  it.each(failureNames)('that meets %s everywhere costs at most a fallback for each try', async (failure) => {
    pair.proxy.script(failures[failure])
    expect(outside(await countProviderCalls(pair, chats), 2 * sdkTries)).toEqual({})
  })

  it.each(failureNames)(
    'that meets %s at the first provider costs that call and one more',
    async (failure) => {
      pair.proxy.openai.script(failures[failure])
      pair.proxy.anthropic.script()
      const twoChats = chatCalls('gpt-4o-mini').slice(0, 2)
      expect(Object.values(await countProviderCalls(pair, twoChats))).toEqual([2, 2])
    },
  )
})
