import { describe, expect, it } from 'vitest'
import { errorCatalog } from '../mpc-api/src/errors/error-catalog.ts'
import { readText } from './compose-projects.ts'

const row = /^\| `(\w+)` +\| (\d{3}) +\| `(\w+)` +\|/gm
const documented = [...readText('docs/errors.md').matchAll(row)].map(([, code, status, type]) => ({
  code,
  status: Number(status),
  type,
}))

describe('docs/errors.md', () => {
  it('has every error of the catalogue, with its status and type, in its order', () => {
    const catalogue = Object.entries(errorCatalog).map(([code, { status, type }]) => ({ code, status, type }))
    expect(documented).toEqual(catalogue)
  })
})
