import { describe, expect, it } from 'vitest'
import { ChatAccumulator, readChatCompletion } from './chat-accumulator.ts'

function accumulate(...deltas: object[]) {
  const chat = new ChatAccumulator()
  const told = deltas.flatMap((delta) => chat.add({ model: 'm', choices: [{ index: 0, delta }] }))
  return { message: chat.answer.choices[0]?.message, told }
}

describe('ChatAccumulator', () => {
  it('joins texts, and takes a repeated role once', () => {
    const { message, told } = accumulate(
      { role: 'assistant', content: '' },
      { role: 'assistant', content: 'Hel', reasoning_content: 'th' },
      { content: 'lo', reasoning_content: 'ink', refusal: null },
    )

    expect(message).toEqual({ role: 'assistant', content: 'Hello', reasoning_content: 'think' })
    expect(told).toHaveLength(2)
  })

  it('puts the pieces of several tool calls together by their index', () => {
    const { message } = accumulate(
      { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{' } }] },
      { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '[' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '}' } }] },
    )

    expect(message?.['tool_calls']).toEqual([
      { index: 1, id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
      { index: 0, id: 'a', type: 'function', function: { name: 'f', arguments: '[' } },
    ])
  })

  it('keeps several choices apart, each with its finish reason', () => {
    const chat = new ChatAccumulator()
    chat.add({
      choices: [
        { index: 1, delta: { content: 'b' } },
        { index: 0, delta: { content: 'a' } },
      ],
    })
    chat.add({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    chat.add({ choices: [], usage: { total_tokens: 1 } })

    expect(chat.answer.usage).toEqual({ total_tokens: 1 })
    expect(chat.answer.choices).toEqual([
      { index: 1, message: { role: 'assistant', content: 'b' }, finishReason: null },
      { index: 0, message: { role: 'assistant', content: 'a' }, finishReason: 'stop' },
    ])
  })

  it('does not change what was told before', () => {
    const { told } = accumulate({ audio: { data: 'x' } }, { audio: { data: 'y' } })

    expect(told.map(({ delta }) => delta)).toEqual([{ audio: { data: 'x' } }, { audio: { data: 'y' } }])
  })

  it('is not misled by names that objects have of their own', () => {
    const hostile = JSON.parse('{"__proto__":{"x":1},"constructor":"a","content":"b"}') as object
    const { message } = accumulate(hostile, hostile)

    expect(message?.['x']).toBeUndefined()
    expect(message?.['content']).toBe('bb')
  })

  it.each([[], {}, { choices: 'x' }, { choices: [null, 1] }, { choices: [{}] }])(
    'takes %j without harm',
    (chunk) => {
      expect(new ChatAccumulator().add(chunk as Record<string, unknown>)).toEqual([])
    },
  )
})

describe('readChatCompletion', () => {
  it('reads an answer in one piece, and what is none', () => {
    const message = { role: 'assistant', content: 'x' }
    const body = { model: 'm', usage: { total_tokens: 1 }, choices: [{ message, finish_reason: 'stop' }] }

    expect(readChatCompletion(body)).toEqual({
      model: 'm',
      usage: { total_tokens: 1 },
      choices: [{ index: 0, message, finishReason: 'stop' }],
    })
    expect(readChatCompletion(null)).toEqual({ model: null, usage: null, choices: [] })
  })
})
