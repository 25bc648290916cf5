import { describe, expect, it } from 'vitest'
import { RequestContext } from '../http/request-context.ts'
import { chatDialect } from '../protocol/stream-dialect.ts'
import { ChatFrames } from './chat-frames.ts'
import { UsageTap } from './usage-tap.ts'

describe('the frames of a chat stream', () => {
  it.each(['\r', '\n'])('are read at the pace of their number when lines end with %j', (lineEnd) => {
    const text = `data: {}${lineEnd}${lineEnd}`.repeat(400_000)
    const tap = new UsageTap('openai', RequestContext.beginInSocket('test').record)
    let read = 0
    const frames = new ChatFrames({ dialect: chatDialect, hidesUsage: false, tap }, () => (read += 1) > 0)
    const begun = performance.now()

    frames.read(Buffer.from(text))

    expect(read).toBe(400_000)
    expect(performance.now() - begun).toBeLessThan(2000)
  })
})
