import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LineBlocks } from './line-blocks.ts'
import { createJsonLogger, LogEntry } from './logger.ts'

let folder: string
let fd: number
const file = () => join(folder, 'log')
const written = () => readFileSync(file(), 'utf8')
const line = (index: number) => `${JSON.stringify({ index, text: 'ü'.repeat(100) })}\n`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'line-blocks-'))
  fd = openSync(file(), 'w')
})
afterEach(() => {
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

describe('lines', () => {
  it('are written soon, also when only one comes', async () => {
    new LineBlocks(fd).write(line(0))

    await expect.poll(written).toBe(line(0))
  })

  it('are all there and in order once finished, however many blocks they fill', async () => {
    const lines = new LineBlocks(fd)
    const all = Array.from({ length: 3000 }, (_, index) => line(index))
    for (const each of all.slice(0, 2000)) lines.write(each)
    // A block may be on its way while more lines come.
    await new Promise((resolve) => setImmediate(resolve))
    for (const each of all.slice(2000)) lines.write(each)
    await lines.finish()

    expect(written()).toBe(all.join(''))
  })

  it('are there as soon as they are flushed, when no block is on its way', () => {
    const lines = new LineBlocks(fd)
    for (const index of [0, 1, 2]) lines.write(line(index))
    lines.flush()

    expect(written()).toBe(line(0) + line(1) + line(2))
  })

  it('are written soon also after a flush', async () => {
    const lines = new LineBlocks(fd)
    lines.write(line(0))
    lines.flush()
    lines.write(line(1))

    await expect.poll(written).toBe(line(0) + line(1))
  })

  it('may be flushed when there are none', () => {
    const lines = new LineBlocks(fd)
    lines.flush()
    lines.flush()

    expect(written()).toBe('')
  })
})

describe('the process', () => {
  it('loses no line when it dies of an error', () => {
    const program = `
      import { createLogger } from './src/telemetry/logger.ts'
      createLogger('info').logger.info('its last line')
      setTimeout(() => { throw new Error('dies of it') }, 20)`
    const args = ['--import', 'tsx', '--input-type=module', '--eval', program]
    const { stdout, status } = spawnSync(process.execPath, args, { cwd: join(import.meta.dirname, '../..') })

    expect(status).toBe(1)
    expect(stdout.toString()).toContain('its last line')
  })
})

describe('a JSON logger', () => {
  const log = (level: string, action: (logger: ReturnType<typeof createJsonLogger>) => void) => {
    const lines: string[] = []
    action(createJsonLogger(level, { write: (text) => lines.push(text) }))
    return lines.map((text) => JSON.parse(text) as Record<string, unknown>)
  }

  it('writes entries as it writes other objects', () => {
    const values = { id: 'a"b\n', ms: 1.5, missing: undefined, usage: { input: 1 }, none: null }
    const [entry, object] = log('info', (logger) => {
      logger.info(new LogEntry(values), 'request')
      logger.info(values, 'request')
    })

    expect({ ...entry, time: 0 }).toEqual({ ...object, time: 0 })
    expect(entry).toMatchObject({ level: 30, id: 'a"b\n', msg: 'request' })
    expect(Math.abs(Date.now() - Number(entry?.['time']))).toBeLessThan(60_000)
  })

  it('leaves out what is below its level', () => {
    const lines = log('warn', (logger) => {
      logger.info(new LogEntry({ a: 1 }), 'request')
      logger.warn(new LogEntry({ a: 2 }), 'request')
    })

    expect(lines).toMatchObject([{ level: 40, a: 2 }])
  })
})
