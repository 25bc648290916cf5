import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endpointTable } from './endpoint-table.ts'
import { findEndpoints } from './find-endpoint.ts'

const routes = [...new Set(endpointTable.map(({ route }) => route))]
const upstreamPaths = (path: string) => findEndpoints(path).map((match) => match.upstreamPath)

/** What a path may be for LiteLLM when it was matched: a path of the table, with an id where the table has one. */
const known = new RegExp(
  `^(?:${endpointTable
    .map(({ upstreamPath }) => upstreamPath.replace('{id}', '(?!\\.\\.?(?:/|$))[\\w.~:=+@-]+'))
    .join('|')})$`,
)

describe('the endpoint of a path', () => {
  it.each(routes)('%s is found, with every method of the table', (route) => {
    const found = findEndpoints(route.replace('{id}', 'id_1'))

    expect(found.map(({ endpoint }) => endpoint.method)).toEqual(
      endpointTable.filter((endpoint) => endpoint.route === route).map(({ method }) => method),
    )
  })

  it.each(['resp_68af', 'file-abc123', 'batch_1', 'bGl0ZWxsbV9wcm94eQ==', 'a:b@c~d+e', 'x'.repeat(512)])(
    'takes the id %s as it is',
    (id) => {
      expect(upstreamPaths(`/files/${id}/content`)).toEqual([`/v1/files/${id}/content`])
    },
  )

  it('puts an id with dollar signs nowhere, and one with patterns of replace() in as text', () => {
    expect(upstreamPaths('/files/$&')).toEqual([])
  })

  it.each([
    '.',
    '..',
    '',
    'a%2fb',
    'a%2e',
    'a b',
    'a;b',
    'a?b',
    'a#b',
    'a\\b',
    'ü',
    'a,b',
    '*',
    "a'b",
    'x'.repeat(513),
  ])('refuses the id %j', (id) => {
    expect(findEndpoints(`/files/${id}`)).toEqual([])
    expect(findEndpoints(`/files/${id}/content`)).toEqual([])
  })

  it.each([
    '/Files',
    '/FILES/a',
    '/files/a/Content',
    '/files/a/content/b',
    '/files/a/',
    '//files',
    '/',
    '',
    '/responses/a/b',
    '/{id}',
    '/__proto__',
    '/constructor',
    '/toString',
  ])('%j is none', (path) => {
    expect(findEndpoints(path)).toEqual([])
  })

  it('is one of the table, whatever is asked for', () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'files',
        'responses',
        'batches',
        'content',
        'cancel',
        'input_items',
        'chat',
        'completions',
        'key',
        'config',
        'v1',
        '..',
        '.',
        '%2e%2e',
        '',
        'models',
        '{id}',
        'v2',
        'rerank',
        'messages',
      ),
      fc.string({ maxLength: 6 }),
    )
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), (segments) => {
        for (const path of upstreamPaths(`/${segments.join('/')}`)) expect(path).toMatch(known)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the endpoint table', () => {
  it('has no method of a route twice', () => {
    const rows = endpointTable.map(({ method, route }) => `${method} ${route}`)

    expect(new Set(rows).size).toBe(rows.length)
  })

  it('leads nowhere at LiteLLM but to /v1 and /v2/rerank, with an id only where the route has one', () => {
    for (const { route, upstreamPath } of endpointTable) {
      expect(upstreamPath).toMatch(/^\/v1\/|^\/v2\/rerank$/)
      expect(upstreamPath.split('{id}').length).toBe(route.split('{id}').length)
    }
  })
})
