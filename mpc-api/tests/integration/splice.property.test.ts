import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../src/protocol/parse-json.ts'
import { chatFrames } from '../support/chat-frames.ts'
import { ask, chatPath, startPair } from '../support/start-pair.ts'
import { stream } from '../support/upstream-behaviours.ts'

const { post, upstream } = await startPair()

const someSpace = fc.constantFrom('', ' ', '\n', '\t ', '\r\n')
const someName = fc.oneof(
  fc.string(),
  fc.constantFrom('include_usage', 'options', 'a"b', '\\', '}', '{', 'Stream'),
)
const someOptions = fc.constantFrom(
  undefined,
  null,
  {},
  { include_usage: false },
  { include_usage: true },
  { a: [{}] },
)
const reserved = /^(model|messages|stream|stream_options|__proto__)$/
const ownMembers = fc.record({
  model: fc.constant('m'),
  messages: fc.constant(ask.messages),
  stream: fc.constant(true),
  stream_options: someOptions,
})
const someMembers = fc.dictionary(
  someName.filter((name) => !reserved.test(name)),
  fc.jsonValue({ maxDepth: 3 }),
  { maxKeys: 6 },
)

interface Style {
  readonly outer: string
  readonly inner: string
  readonly escaped: boolean
  readonly ownFirst: boolean
}
const someStyle: fc.Arbitrary<Style> = fc.record({
  outer: someSpace,
  inner: someSpace,
  escaped: fc.boolean(),
  ownFirst: fc.boolean(),
})

function write(own: object, others: object, { outer, inner, escaped, ownFirst }: Style): string {
  const parts = ownFirst ? [own, others] : [others, own]
  const members = parts.flatMap((part) => Object.entries(part).filter(([, value]) => value !== undefined))
  const nameOf = (name: string) =>
    escaped ? JSON.stringify(name).replaceAll('_', '\\u005f') : JSON.stringify(name)
  const texts = members.map(([name, value]) => `${nameOf(name)}${outer}:${inner}${JSON.stringify(value)}`)
  return `${outer}{${inner}${texts.join(`${inner},${outer}`)}${outer}}${inner}`
}

describe('asking for usage on behalf of a streaming client', () => {
  it('adds include_usage and nothing else, however the body is written', async () => {
    const cases = fc.asyncProperty(ownMembers, someMembers, someStyle, async (own, others, style) => {
      const text = write(own, others, style)
      upstream.reset()
      upstream.respond(stream(chatFrames('a')))
      const response = await post(chatPath, text)
      expect(response.status, await response.text()).toBe(200)

      const stream_options = { ...own.stream_options, include_usage: true }
      expect(parseJson(upstream.requests[0]!.body.toString())).toEqual({
        ...(parseJson(text) as object),
        stream_options,
      })
    })
    await fc.assert(cases, { numRuns: 150, interruptAfterTimeLimit: 8_000 })
  })
})
