import { GatewayError } from '../../../src/errors/gateway-error.ts'
import { MultipartReader, readBoundary } from '../../../src/protocol/multipart-reader.ts'
import { demand, type FuzzTarget } from '../fuzz-target.ts'
import { cutUp, randomOf } from '../random.ts'
import { type FormField, type FormReader } from '../starlette.ts'

const part = (head: string, content: string): string =>
  `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`
const plain = 'multipart/form-data; boundary=b\n'

const seeds = [
  `${plain}${part('name="model"', 'm')}${part('name="file"; filename="a.bin"', '\0\r\n--c')}--b--\r\n`,
  `multipart/form-data; charset=utf-8; boundary="b"\n${part('name=a; filename*=x; filename=y', '')}--b--`,
  `${plain}--b\r\nContent-Type: text/plain\r\ncontent-disposition: form-data; name="metadata[a][]"\r\n\r\n{"a":1}\r\n--b--\r\n`,
  `${plain}${part('name="\u00fc"', '\u00fc')}--b--  \r\n`,
]
const words = [
  ...['--b', '\r\n--b', '--b--', '\r\n--b--\r\n', '\r\n', '\n', '\r', '\r\n\r\n', '; ', '=', '"', '\\'],
  ...['\0', ': '],
  ...['Content-Disposition: form-data', 'name="', 'name=', 'name*=', 'filename="', "filename*=utf-8''"],
  ...['form-data'],
  ...['Content-Type: text/plain', 'Content-Transfer-Encoding: base64', 'charset=utf-16', 'boundary='],
  ...['_charset_'],
  ...['api_base', 'metadata[', ']', 'model', '%22', '\u00fc'],
]

/**
 * The reader of uploads: the same however they are split, and never another than LiteLLM's.
 *
 * @param readLikeLitellm undefined where LiteLLM is not on this machine
 */
export function multipartTarget(readLikeLitellm: FormReader | undefined): FuzzTarget {
  return {
    name: 'multipart',
    seeds,
    words,
    check(input) {
      const lineEnd = input.indexOf('\n')
      const contentType = input.toString('latin1', 0, Math.max(0, lineEnd)).replace(/[^\t\x20-\x7e]/g, '')
      const body = input.subarray(lineEnd + 1)
      const whole = read(contentType, [body])
      const split = read(contentType, cutUp(body, randomOf(input)))
      demand((whole.isRefused && split.isRefused) || same(whole, split), 'a split changes nothing')
      return whole.isRefused ? undefined : readLikeLitellm?.(contentType, body).then(compare(whole.fields))
    },
  }
}

/** LiteLLM may still refuse what is passed on. */
function compare(ours: readonly FormField[]): (theirs: readonly FormField[] | undefined) => void {
  return (theirs = ours) => {
    const told = JSON.stringify([ours, theirs])
    demand(same(ours.map(comparable), theirs.map(comparable)), `LiteLLM sees the same fields: ${told}`)
  }
}

interface Reading {
  fields: FormField[]
  isRefused: boolean
}

function read(contentType: string, pieces: readonly Buffer[]): Reading {
  const fields: FormField[] = []
  try {
    const reader = new MultipartReader(readBoundary(contentType), {
      onPart: (name) => fields.push([name, null]),
      onField: (name, value) => (fields[fields.length - 1] = [name, value]),
    })
    for (const piece of pieces) reader.push(piece)
    reader.end()
    return { fields, isRefused: false }
  } catch (problem) {
    if (!(problem instanceof GatewayError)) throw problem
    demand(problem.status === 400, 'an upload is refused with 400')
    return { fields, isRefused: true }
  }
}

/** What is no UTF-8 may be written differently; what is ASCII, such as every name that we judge, may not. */
function comparable([name, value]: FormField): FormField {
  return [toAscii(name), value === null ? null : toAscii(value)]
}

function toAscii(text: string): string {
  return text.replace(/[^\0-\x7f]+/g, '?')
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
