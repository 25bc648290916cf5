import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SseFramer } from './sse-framer.ts'

const MIB = 1024 * 1024

const decode = (latin1: string) => Buffer.from(latin1, 'latin1').toString()

/** Feeds pieces to a framer; what came out of each, and what is left. */
function feed(pieces: readonly (string | Buffer)[]) {
  const framer = new SseFramer()
  const outputs = pieces.map((piece) => {
    const { piece: part, frames } = framer.push(Buffer.from(piece))
    return { part: decode(part), frames: decode(frames), atBoundary: framer.atBoundary }
  })
  return { outputs, rest: decode(framer.rest()) }
}

const passed = ({ outputs }: ReturnType<typeof feed>) =>
  outputs.map(({ part, frames }) => part + frames).join('')

describe('an event stream, aligned to its frames', () => {
  it('passes whole frames at once', () => {
    expect(feed(['data: a\n\ndata: b\n\n']).outputs[0]?.frames).toBe('data: a\n\ndata: b\n\n')
  })

  it('holds half a frame until its end is there', () => {
    expect(feed(['data: a\n\nda', 'ta: b', '\n\n']).outputs.map(({ frames }) => frames)).toEqual([
      'data: a\n\n',
      '',
      'data: b\n\n',
    ])
  })

  it.each(['\n\n', '\r\n\r\n', '\r\r'])('knows the line ends %j, also split between any two bytes', (end) => {
    const bytes = Buffer.from(`data: a${end}data: b${end}`)
    for (let at = 0; at <= bytes.length; at += 1) {
      const fed = feed([bytes.subarray(0, at), bytes.subarray(at)])
      expect(passed(fed) + fed.rest).toBe(bytes.toString())
      expect(fed.rest).toBe('')
    }
  })

  it('changes no byte and loses none, whatever comes in whatever pieces', () => {
    const token = fc.constantFrom('data: x', '\n', '\r\n', '\r', ': ping', 'é', ' ')
    fc.assert(
      fc.property(fc.array(fc.array(token)), (pieces) => {
        const texts = pieces.map((tokens) => tokens.join(''))
        const fed = feed(texts)

        expect(passed(fed) + fed.rest).toBe(texts.join(''))
      }),
    )
  })

  it('what is passed on always ends with a blank line, and the rest has none', () => {
    const token = fc.constantFrom('data: x', '\n', ': ping')
    fc.assert(
      fc.property(fc.array(fc.array(token)), (pieces) => {
        const fed = feed(pieces.map((tokens) => tokens.join('')))

        for (const { frames } of fed.outputs) if (frames !== '') expect(frames).toMatch(/\n\n$/)
        expect(fed.rest).not.toContain('\n\n')
      }),
    )
  })

  it('does not hold a frame of more than 1 MiB, and says that it is inside one', () => {
    const large = `data: ${'x'.repeat(MIB)}`
    const fed = feed([large, 'y', 'z\n\ndata: b\n\n'])

    expect(fed.outputs.map(({ atBoundary }) => atBoundary)).toEqual([false, false, true])
    expect(fed.outputs[0]?.part.length).toBeGreaterThan(MIB)
    expect(fed.outputs[2]?.frames).toBe('data: b\n\n')
    expect(passed(fed)).toBe(`${large}yz\n\ndata: b\n\n`)
  })

  it.each(['\n\n', '\r\n\r\n', '\r\r'])(
    'finds the end %j of a large frame, split between any two bytes',
    (end) => {
      const head = `data: ${'x'.repeat(MIB)}`
      for (let at = 0; at <= end.length; at += 1) {
        const fed = feed([head, end.slice(0, at), `${end.slice(at)}data: b${end}`])
        expect(passed(fed) + fed.rest).toBe(`${head}${end}data: b${end}`)
        expect(fed.outputs.at(-1)).toMatchObject({ frames: `data: b${end}`, atBoundary: true })
      }
    },
  )
})
