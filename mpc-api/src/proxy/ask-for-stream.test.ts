import { describe, expect, it } from 'vitest'
import { askForStream } from './ask-for-stream.ts'

describe('askForStream', () => {
  it.each([
    ['{"model":"m"}', '{"stream":true,"model":"m"}'],
    [' { "n": 12345678901234567890 }', ' {"stream":true, "n": 12345678901234567890 }'],
    ['{"stream": null ,"a":{"stream":false}}', '{"stream": true ,"a":{"stream":false}}'],
    ['{"stream":true,"a":1}', '{"stream":true,"a":1}'],
  ])('makes %s ask for a stream and changes nothing else', (given, expected) => {
    expect(askForStream(Buffer.from(given)).toString()).toBe(expected)
  })
})
