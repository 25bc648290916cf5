import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { needsInstall } from './install-packages.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'install-packages-'))
  write('package-lock.json', 2000)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

/** @param time in seconds since 1970 */
function write(file: string, time: number): void {
  writeFileSync(join(folder, file), '{}')
  utimesSync(join(folder, file), time, time)
}

describe('needsInstall', () => {
  it('is true on a fresh clone', () => {
    expect(needsInstall(folder)).toBe(true)
  })

  it('is true when an installation was interrupted: the hidden lock file comes last', () => {
    mkdirSync(join(folder, 'node_modules/typescript'), { recursive: true })
    expect(needsInstall(folder)).toBe(true)
  })

  it.each([
    { age: 'newer than', time: 3000, expected: false },
    { age: 'as old as', time: 2000, expected: false },
    { age: 'older than', time: 1000, expected: true },
  ])('is $expected when what is installed is $age package-lock.json', ({ time, expected }) => {
    mkdirSync(join(folder, 'node_modules'))
    write('node_modules/.package-lock.json', time)
    expect(needsInstall(folder)).toBe(expected)
  })
})
