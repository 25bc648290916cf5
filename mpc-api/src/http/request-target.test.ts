import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { parseRequestTarget, readRequestTarget } from './request-target.ts'

const pathOf = (url: string) => parseRequestTarget(url).apiPath

/** As a lax server would resolve a path: decoded as often as it can be, backslashes and semicolons included. */
function resolveLaxly(path: string): string {
  let text = path
  for (let round = 0; round < 3; round += 1) {
    try {
      text = decodeURIComponent(text)
    } catch {
      break
    }
  }
  const segments: string[] = []
  for (const segment of text.replace(/\\/g, '/').split('/')) {
    const name = segment.replace(/;.*$/, '')
    if (name === '..') segments.pop()
    else if (name !== '.' && segment !== '') segments.push(segment)
  }
  return `/${segments.join('/')}`
}

describe('a request target', () => {
  it.each([
    ['/api/chat/completions', '/chat/completions'],
    ['/api/v1/chat/completions', '/chat/completions'],
    ['/v1/chat/completions', '/chat/completions'],
    ['/api/v1/chat/completions/', '/chat/completions'],
    ['//api//v1///chat//completions//', '/chat/completions'],
    ['/api', '/'],
    ['/v1/', '/'],
    ['/api/models/openai%2Fgpt-4o', '/models/openai%2Fgpt-4o'],
    ['/api/models/a:b@c', '/models/a:b@c'],
    ['/api/v2/rerank', '/v2/rerank'],
    ['/', undefined],
    ['/apis/models', undefined],
    ['/API/models', undefined],
    ['/v1x/models', undefined],
    ['/health', undefined],
    ['/x/api/models', undefined],
  ])('%s is for %s', (url, apiPath) => {
    expect(pathOf(url)).toBe(apiPath)
  })

  it('keeps its query as it came, question marks and all', () => {
    expect(parseRequestTarget('/api/models?a=%20&b[]=1?x=//..').query).toBe('?a=%20&b[]=1?x=//..')
    expect(parseRequestTarget('/api/models').query).toBe('')
    expect(parseRequestTarget('/api/models?').query).toBe('?')
  })

  it.each([
    '',
    '*',
    'api/models',
    'http://evil/api/models',
    '/api/..',
    '/api/../key',
    '/api/./models',
    '/api/%2e%2E/key',
    '/api/.%2e/key',
    '/api/..;/key',
    '/api/..;x=1/key',
    '/api/a%2f..%2fkey',
    '/api/a%2F%2e%2e',
    '/api\\..\\key',
    '/api/%5c..%5ckey',
    '/api/%252e%252e/key',
    '/api/%25%32%65',
    '/api/%00',
    '/api/%0d%0aX:y',
    '/api/%7f',
    '/api/%c0%ae',
    '/api/%ff',
    '/api/%zz',
    '/api/%e',
    '/api/ü',
    '/api/a b',
    '/api/a#b',
    '/api/a\tb',
  ])('%j is refused', (url) => {
    expect(() => parseRequestTarget(url)).toThrow(GatewayError)
  })

  it.each([
    '/api/models/..a',
    '/api/models/a..',
    '/api/models/...',
    '/api/models/gpt-4.1',
    '/api/models/%D0%BC',
    '/api/models/50%25',
  ])('%s is not', (url) => {
    expect(() => parseRequestTarget(url)).not.toThrow()
  })

  it('that is accepted stays below its prefix, however laxly another server resolves it', () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      'api',
      'v1',
      'models',
      '..',
      '.',
      '%2e',
      '%2E',
      '%2f',
      '%5c',
      '%25',
      '2e',
      '\\',
      ';',
      'key',
      '?',
      '#',
      '%00',
      'a',
      ' ',
      '%c0%af',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const url = `/api/${pieces.join('')}`
        const target = (() => {
          try {
            return parseRequestTarget(url)
          } catch (problem) {
            expect(problem).toMatchObject({ status: 400 })
            return undefined
          }
        })()
        if (target === undefined) return
        expect(target.path).toMatch(/^\/api/)
        expect(target.path).not.toMatch(/\/\/|.\/$/)
        expect(resolveLaxly(target.path)).toMatch(/^\/api/)
        expect(resolveLaxly(target.path).split('/').length).toBe(
          decodeURIComponent(target.path)
            .replace(/\/+/g, '/')
            .replace(/(?<=.)\/$/, '')
            .split('/').length,
        )
      }),
      { numRuns: 3_000 },
    )
  })

  it('is judged the same whether it is remembered or new', () => {
    for (let round = 0; round < 2; round += 1) {
      expect(readRequestTarget('/api/models?x=1')).toEqual(parseRequestTarget('/api/models?x=1'))
      expect(() => readRequestTarget('/api/../key')).toThrow(GatewayError)
    }
    for (let count = 0; count < 2_000; count += 1) readRequestTarget(`/api/models/${count}`)
    expect(readRequestTarget('/api/models/1999').apiPath).toBe('/models/1999')
  })

  it('of great length is judged quickly', { timeout: 2_000 }, () => {
    expect(pathOf(`/api${'/'.repeat(100_000)}models`)).toBe('/models')
    expect(() => parseRequestTarget(`/api/${'%'.repeat(100_000)}`)).toThrow()
    expect(() => parseRequestTarget(`/api/${'%2e/'.repeat(30_000)}`)).toThrow()
  })
})
