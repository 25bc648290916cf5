import { describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { type AnswerSink } from './answer-sink.ts'
import { Recording } from './recording.ts'
import { RequestContext } from './request-context.ts'
import { type AnswerPiece } from './send-as-text.ts'

/** A client that takes everything, or nothing after the first piece. */
function createReader(reads: boolean) {
  const context = RequestContext.beginInSocket('reader')
  const pieces: AnswerPiece[] = []
  const cut = vi.fn()
  const sink: AnswerSink = {
    context,
    isFull: false,
    head: () => undefined,
    write: (piece) => {
      pieces.push(piece)
      return reads
    },
    end: () => undefined,
    body: () => undefined,
    cut,
    whenReady: () => undefined,
  }
  return { context, sink, cut, text: () => pieces.map(String).join('') }
}

function startRecording(...readers: ReturnType<typeof createReader>[]) {
  const recording = new Recording(RequestContext.beginInSocket('first'))
  recording.head(200, [])
  for (const [index, { sink }] of readers.entries()) void recording.serve(sink, index > 0)
  return recording
}

describe('an answer that two clients read', () => {
  it('goes on for one when the other, who did not keep up, leaves', () => {
    const [fast, slow] = [createReader(true), createReader(false)]
    const recording = startRecording(fast, slow)
    const goOn = vi.fn()
    while (recording.write(Buffer.alloc(100_000))) continue
    recording.whenReady(goOn)
    expect(goOn).not.toHaveBeenCalled()
    slow.context.markClientGone()

    expect(goOn).toHaveBeenCalledOnce()
  })
})

describe('an answer that is interrupted', () => {
  it('gives its last words to all who read it', () => {
    const readers = [createReader(true), createReader(true)]
    const recording = startRecording(...readers)
    recording.context.onInterrupted((reason) => {
      recording.write(Buffer.from(String(reason?.message)))
      recording.cut()
    })
    for (const { context } of readers) context.interrupt(new GatewayError('SERVICE_UNAVAILABLE', 'ending'))

    expect(readers.map(({ text }) => text())).toEqual(['ending', 'ending'])
    for (const { cut } of readers) expect(cut).toHaveBeenCalledOnce()
  })
})

describe('an answer that is over', () => {
  it.each<[string, (recording: Recording) => void]>([
    ['has ended', (recording) => recording.end()],
    ['was cut', (recording) => recording.cut()],
    ['failed', (recording) => recording.fail(new Error('no answer'))],
  ])('lets go of what made it once it %s', (_, end) => {
    const recording = startRecording()
    const work = vi.fn()
    recording.context.onInterrupted(work)
    end(recording)
    recording.context.interrupt(undefined)

    expect(work).not.toHaveBeenCalled()
  })
})
