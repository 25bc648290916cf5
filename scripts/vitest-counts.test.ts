import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCounts, summarize } from './vitest-counts.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitest-counts-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function report(numFailedTests: number): string {
  const file = join(folder, 'report.json')
  const counts = { numPassedTests: 5, numFailedTests, numPendingTests: 2, numTodoTests: 1 }
  writeFileSync(file, JSON.stringify(counts))
  return file
}

describe('readCounts', () => {
  it('reads what passed and failed, and counts what was left for later as skipped', () => {
    expect(readCounts(report(4), false)).toEqual({ passed: 5, failed: 4, skipped: 3 })
  })

  it('counts one failure when Vitest failed and no test did', () => {
    expect(readCounts(report(0), false)).toEqual({ passed: 5, failed: 1, skipped: 3 })
  })

  it('counts one failure when there is no report, or half of one, whatever the exit code says', () => {
    expect(readCounts(join(folder, 'none.json'), true)).toEqual({ passed: 0, failed: 1, skipped: 0 })
    writeFileSync(join(folder, 'half.json'), '{"numPassedTests":')
    expect(readCounts(join(folder, 'half.json'), true)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  })
})

describe('summarize', () => {
  it('adds up', () => {
    const one = { passed: 1, failed: 0, skipped: 2 }
    expect(summarize([one, { passed: 10, failed: 3, skipped: 0 }])).toBe('11 passed, 3 failed, 2 skipped')
  })
})
