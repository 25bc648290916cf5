import { isDeepStrictEqual } from 'node:util'
import { ResponseError } from '../../../src/http-client/client-errors.ts'
import { type ResponseHead } from '../../../src/http-client/response-head.ts'
import { entriesOf } from '../../support/header-fields.ts'
import { ReaderListener } from '../../support/reader-listener.ts'
import { demand, type FuzzTarget } from '../fuzz-target.ts'
import { type PlainResponse, readPlainly } from '../plain-response.ts'
import { cutUp, randomOf } from '../random.ts'

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}transfer-encoding: chunked\r\n\r\n`

/** Answers of LiteLLM: the same however they are split, never another than a plain reader's, never cut unnoticed. */
export const responseTarget: FuzzTarget = {
  name: 'response',
  seeds: [
    `${ok}content-length: 5\r\ncontent-type: text/plain\r\n\r\nhello`,
    `${chunked}5\r\nhello\r\nA;a="b"\r\n0123456789\r\n0\r\nx: y\r\n\r\n`,
    `HTTP/1.1 100 Continue\r\n\r\n${ok}Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nx:\r\nX: \u00fc\r\n\r\nhello`,
    'HTTP/1.0 404\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n',
    'HTTP/1.1 204 No Content\r\nset-cookie: a\r\nset-cookie: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    `${chunked}0\r\n\r\n`,
  ],
  words: [
    ...['\r\n', '\r\n\r\n', '\r', '\n', ' ', '\t', ':', ': ', ';', ',', '\0', '\u00a0', '\u00e0', '+', '-'],
    ...['HTTP/1.1', 'HTTP/1.0', ok, 'HTTP/1.1 100 C\r\n\r\n', 'HTTP/1.1 101 S\r\n\r\n', '204', '304'],
    ...[
      'content-length: ',
      'content-length: 5\r\n',
      'Content-Length: 0\r\n',
      'transfer-encoding: chunked\r\n',
    ],
    ...['Transfer-Encoding: ', 'chunked', 'gzip, ', 'identity', 'connection: close\r\n', 'connection: '],
    ...['close', 'keep-alive', 'keep-alive: timeout=1\r\n', '__proto__: a\r\n', 'constructor: a\r\n'],
    ...[
      '0\r\n\r\n',
      '5\r\nhello\r\n',
      '0\r\nx: y\r\n\r\n',
      'ffffffffffff',
      '0000000000',
      '0x',
      ' ;a',
      'x: y\r\n',
    ],
  ],
  check(input) {
    const random = randomOf(input)
    const ours = play([input])
    const plain = readPlainly(input.toString('latin1'))
    demand((plain !== undefined) === ours.isWhole, 'what a plain reader refuses is refused, and nothing else')
    if (plain !== undefined) compare(ours, plain, input.length)

    demand(same(ours, play(cutUp(input, random))), 'a split changes nothing')
    if (plain?.isFramed === false) return undefined
    const part = input.subarray(0, random(plain?.length ?? input.length + 1))
    demand(!play(cutUp(part, random)).isWhole || plain === undefined, 'what was cut does not look complete')
    return undefined
  },
}

interface Played {
  head: ResponseHead | undefined
  fields: [name: string, value: string][]
  body: string
  isWhole: boolean
  isClean: boolean
  isRefused: boolean
}

/** In this order, each once at most; pieces of the body that follow each other count as one. */
const IN_ORDER = /^(?:head(?:,data)?(?:,end)?)?$/

function play(pieces: readonly Buffer[]): Played {
  const told = new ReaderListener()
  let isRefused = false
  let isClean = false
  try {
    told.read(...pieces)
    isClean = told.reader.endedCleanly
    told.reader.close()
  } catch (problem) {
    if (!(problem instanceof ResponseError)) throw problem
    isRefused = problem.code === 'BROKEN_RESPONSE'
    demand(!told.events.includes('end'), 'what has ended does not fail')
  }
  demand(IN_ORDER.test(told.events.join()), 'a response is told once: its head, its body, its end')
  const fields = told.head === undefined ? [] : entriesOf(told.head.headers)
  return {
    head: told.head,
    fields,
    body: told.body,
    isWhole: told.events.includes('end'),
    isClean,
    isRefused,
  }
}

function compare({ head, fields, body, isClean }: Played, plain: PlainResponse, length: number): void {
  demand(head !== undefined, 'a whole response has a head')
  demand(head.status === plain.status && body === plain.body, 'status and body are the same')
  demand(
    isDeepStrictEqual([...fields].sort(byName), entriesOfPlain(plain).sort(byName)),
    `headers are the same: ${JSON.stringify([fields, plain.headers])}`,
  )
  demand(isClean === (plain.isFramed && plain.length === length), 'what comes behind the end is noticed')
  demand(!plain.closes || head.keepAliveMs === 0, 'a connection that ends is not used again')
}

/** How much of it was told before a response turned out to be broken depends on how it came. */
function same(one: Played, other: Played): boolean {
  return one.isRefused ? other.isRefused : isDeepStrictEqual(one, other)
}

function entriesOfPlain({ headers }: PlainResponse): [name: string, value: string][] {
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  )
}

/** A stable sort: what came more than once stays in order. */
function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : one > other ? 1 : 0
}
