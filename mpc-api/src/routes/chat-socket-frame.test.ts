import { describe, expect, it } from 'vitest'
import { readChatFrame } from './chat-socket-frame.ts'

const read = (depth: number) => () => {
  const body = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`
  return readChatFrame(Buffer.from(`{"id":"a","type":"request","body":${body}}`), false, 128)
}

describe('a frame of the chat socket', () => {
  it('may nest its body as deep as any other request, and is told that bound beyond it', () => {
    expect(read(128)).not.toThrow()
    expect(read(129)).toThrow('deeper than 128 levels (MPC_MAX_JSON_DEPTH)')
  })
})
