import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../protocol/parse-json.ts'
import { askForUsage } from './ask-for-usage.ts'

const ask = (text: string) => {
  const { bytes, hidesUsage } = askForUsage(Buffer.from(text), parseJson(text) as Record<string, unknown>)
  return { text: bytes.toString(), hidesUsage }
}

describe('a streaming request', () => {
  it.each([
    ['{"model":"m"}', '{"stream_options":{"include_usage":true},"model":"m"}'],
    ['\n { "model":"m"}', '\n {"stream_options":{"include_usage":true}, "model":"m"}'],
    ['{"stream_options":null,"n":1.0}', '{"stream_options":{"include_usage":true},"n":1.0}'],
    [
      '{"stream_options":{},"n":12345678901234567890}',
      '{"stream_options":{"include_usage":true},"n":12345678901234567890}',
    ],
    [
      '{"a":{"stream_options":1},"stream_options": {"include_usage":false,"x":1} }',
      '{"a":{"stream_options":1},"stream_options": {"include_usage":true,"x":1} }',
    ],
  ])('%s asks for usage that the client does not see: %s', (text, expected) => {
    expect(ask(text)).toEqual({ text: expected, hidesUsage: true })
  })

  it('that asks itself stays as it is', () => {
    const text = '{"stream_options":{"include_usage":true}}'

    expect(ask(text)).toEqual({ text, hidesUsage: false })
  })

  it.each(['{"stream_options":"x"}', '{"stream_options":[]}', '{"stream_options":7}'])(
    '%s is refused: LiteLLM would not say what it used',
    (text) => {
      expect(() => ask(text)).toThrow(
        expect.objectContaining({
          status: 400,
          fields: expect.objectContaining({ param: 'stream_options' }) as object,
        }) as Error,
      )
    },
  )

  it('means the same but for its stream_options, whatever else is in it', () => {
    const rest = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })
    const options = fc.option(fc.dictionary(fc.string(), fc.jsonValue()), { nil: undefined })
    fc.assert(
      fc.property(rest, options, (others, stream_options) => {
        const body: Record<string, unknown> = { ...others, ...(stream_options && { stream_options }) }
        const sent = parseJson(ask(JSON.stringify(body)).text) as Record<string, unknown>
        const expected = { ...body, stream_options: { ...stream_options, include_usage: true } }

        // JSON knows no -0.
        expect(sent).toEqual(parseJson(JSON.stringify(expected)))
      }),
    )
  })
})
