import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { within } from '../../tests/support/within.ts'
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
      createLogger('info').logger.info('its last line')
      setTimeout(() => { throw new Error('dies of it') }, 20)`
    const { stdout, status } = spawnSync(process.execPath, toArguments(program), { cwd: packageRoot })

    expect(status).toBe(1)
    expect(stdout.toString()).toContain('its last line')
  })

  it.runIf(existsSync('/dev/full'))('goes on when its lines cannot be written, on a full disk', () => {
    const program = `
      const { logger, finish } = createLogger('info')
      logger.info('lost')
      await new Promise((resolve) => setTimeout(resolve, 500))
      logger.info('lost, too')
      await finish()
      process.exit(7)`
    const full = openSync('/dev/full', 'w')
    const { status } = spawnSync(process.execPath, toArguments(program), {
      cwd: packageRoot,
      stdio: ['ignore', full, 'ignore'],
    })
    closeSync(full)

    expect(status).toBe(7)
  })

  it('ends although nobody reads its lines', async () => {
    const child = runUnread(`
      for (let index = 0; index < 20_000; index += 1) logger.info({ index, text: 'x'.repeat(500) })
      await new Promise((resolve) => setTimeout(resolve, 300))
      logger.info('one that waits behind a block')
      process.send('written')
      await finish()
      process.exit(0)`)
    await once(child, 'message')

    expect(await within(8_000, once(child, 'exit'), 'it did not end')).toEqual([0, null])
  }, 15_000)

  it('keeps a bounded part of what nobody reads, and says how many lines it dropped', async () => {
    const all = 100_000
    const child = runUnread(`
      for (let index = 0; index < ${all}; index += 1) {
        logger.info({ index, text: 'x'.repeat(500) })
        if (index % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      process.once('message', () => logger.info('read again'))
      process.send('written')`)
    await once(child, 'message')
    const chunks: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    const read = () => Buffer.concat(chunks).toString()
    await expect.poll(() => read().includes('"dropped"'), { timeout: 8_000 }).toBe(true)
    child.send('go on')
    await expect.poll(() => read().includes('read again'), { timeout: 8_000 }).toBe(true)
    child.kill()
    const lines = read()
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Record<string, unknown>)
    const kept = lines.flatMap(({ index }) => (index === undefined ? [] : [index]))
    const notices = lines.filter(({ dropped }) => dropped !== undefined)

    expect(read().length).toBeLessThan(30_000_000)
    expect(kept).toEqual(kept.map((_, index) => index))
    expect(notices).toMatchObject([{ level: 40, dropped: all - kept.length }])
    expect(lines.at(-1)).toMatchObject({ msg: 'read again' })
  }, 30_000)
})

const packageRoot = join(import.meta.dirname, '../..')

function toArguments(program: string): string[] {
  const source = `import { createLogger } from './src/telemetry/logger.ts'\n${program}`
  return ['--import', 'tsx', '--input-type=module', '--eval', source]
}

/** Runs a program that logs to a pipe which nobody reads as yet. */
function runUnread(program: string) {
  const source = `const { logger, finish } = createLogger('info')\n${program}`
  const child = spawn(process.execPath, toArguments(source), {
    cwd: packageRoot,
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

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
