import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import { parseJsonObject } from './parse-json-object.ts'

const parse = (body: string | Buffer) => parseJsonObject(Buffer.from(body), 128)

describe('a request body', () => {
  it('that is a JSON object means what was written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
        const text = JSON.stringify(value)
        expect(JSON.stringify(parse(text))).toBe(text)
      }),
    )
  })

  it.each([
    ['', 'empty'],
    ['null', 'not null'],
    ['[1]', 'not an array'],
    ['"a"', 'not a string'],
    ['7', 'not a number'],
    ['true', 'not a boolean'],
    [Buffer.from([0x7b, 0x22, 0xc3, 0x22, 0x3a, 0x31, 0x7d]), 'not valid UTF-8'],
    [Buffer.from('{"a":"\ud800"}', 'utf16le'), 'not valid'],
    [`${'{"a":'.repeat(129)}1${'}'.repeat(129)}`, 'deeper than 128'],
  ])('%s is refused, and told why: %s', (body, reason) => {
    expect(() => parse(body)).toThrow(reason)
    expect(() => parse(body)).toThrow(GatewayError)
  })

  it('that is broken is told where: position, line and column', () => {
    const caught = (() => {
      try {
        return parse('{\n  "model": "m",\n  "messages": [,]\n}')
      } catch (problem) {
        return problem
      }
    })()

    expect(caught).toMatchObject({ status: 400, details: { position: 33, line: 3, column: 16 } })
    expect((caught as Error).message).toContain('line 3, column 16')
  })

  it('that is broken behind many line ends is told where, without a copy of each line', () => {
    const lines = 8 * 1024 * 1024
    const body = `${'\n'.repeat(lines)}  x`
    const before = process.memoryUsage().heapUsed

    expect(() => parse(body)).toThrow(`at position ${lines + 2} (line ${lines + 1}, column 3)`)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(6 * lines)
  })

  it('that ends too early is told so', () => {
    expect(() => parse('{"model":"m"')).toThrow('it ends too early at position 12')
  })

  it('never fails but with a 400, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          parse(Buffer.from(bytes))
        } catch (problem) {
          expect(problem).toMatchObject({ status: 400 })
        }
      }),
    )
  })
})
