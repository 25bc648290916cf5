import { expect, it } from 'vitest'
import { helpText } from './help.ts'
import { parseOptions } from './options.ts'
import { rowGroups, rows } from './rows.ts'

const known = { candidates: ['nginx', 'MPC-API'], rows: rows.map(({ name }) => name), rowGroups }
const text = helpText(known, rows)

it('the help names every candidate, every row with what it is, and every group of rows', () => {
  expect(text).toContain('candidates: nginx, MPC-API')
  for (const group of Object.keys(rowGroups)) expect(text).toContain(`rows, ${group}: `)
  for (const { name, title } of rows) {
    expect(text).toMatch(new RegExp(`^ +${name} +`, 'm'))
    expect(text).toContain(title)
  }
})

it('every option that the help names is one that is read', () => {
  const flags = [...text.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag = '']) => flag)
  expect(flags.length).toBeGreaterThan(9)
  for (const flag of flags.filter((each) => each !== '--quick'))
    expect(() => parseOptions([flag], known)).toThrow('argument missing')
})
