import { describe, expect, it } from 'vitest'
import { judge } from './aims.ts'
import { type Measurement } from './measurement.ts'
import { renderReport, table } from './report.ts'
import { figureOf, ratioOf, troubles, type Result } from './results.ts'
import { cpuPerRequest, memoryPerStream, peakMemory } from './rows/row.ts'
import { wholeRate } from './rows/whole-rate.ts'
import { wholeSaturated } from './rows/whole-saturated.ts'

const quiet: Measurement = {
  seconds: 5,
  requests: 1000,
  chunks: 0,
  peakOpen: 0,
  open: 0,
  latencyUs: { count: 1000, p50: 100, p99: 200, max: 300 },
  firstChunkUs: null,
  chunkDelayUs: null,
  failed: 0,
  failedStatus: 0,
  incomplete: 0,
  unfinished: 0,
  foreign: 0,
  disturbed: false,
}

const run = (cpuPerRequest: number, more: Partial<Measurement> = {}): Measurement => ({
  ...quiet,
  cpuUs: cpuPerRequest * quiet.requests,
  ...more,
})

const result = (candidate: string, ...runs: Measurement[]): Result => ({ row: 'whole-64', candidate, runs })

describe('figureOf', () => {
  it('is the median of the runs', () => {
    const results = [result('nginx', run(30), run(10), run(20))]
    expect(figureOf(results, wholeSaturated, cpuPerRequest, 'nginx')).toEqual({ value: 20, disturbed: false })
  })

  it('leaves disturbed runs out where there is another', () => {
    const results = [result('nginx', run(10), run(99, { disturbed: true }))]
    expect(figureOf(results, wholeSaturated, cpuPerRequest, 'nginx')).toEqual({ value: 10, disturbed: false })
  })

  it('says so when every run was disturbed', () => {
    const results = [result('nginx', run(99, { disturbed: true }))]
    expect(figureOf(results, wholeSaturated, cpuPerRequest, 'nginx')).toEqual({ value: 99, disturbed: true })
  })

  it('counts an added time from that of the direct way', () => {
    const slower = run(1, { latencyUs: { count: 1, p50: 350, p99: 900, max: 900 } })
    const results = [result('direct', quiet), result('nginx', slower)].map((each) => ({
      ...each,
      row: 'whole-500/s',
    }))
    const [p50] = wholeRate.measures
    expect(p50 && figureOf(results, wholeRate, p50, 'nginx')?.value).toBeCloseTo(0.25)
  })

  it('is undefined for a candidate without runs', () => {
    expect(figureOf([], wholeSaturated, cpuPerRequest, 'nginx')).toBeUndefined()
  })
})

describe('ratioOf', () => {
  it('divides the medians', () => {
    const results = [result('nginx', run(20)), result('MPC-API', run(70))]
    expect(ratioOf(results, wholeSaturated, cpuPerRequest, ['MPC-API', 'nginx'])).toBe(3.5)
  })
})

describe('judge', () => {
  it('says of every aim that has its figures whether it is reached', () => {
    const results = [result('nginx', run(20)), result('MPC-API', run(70)), result('Portkey', run(700))]
    expect(judge(results, [wholeSaturated])).toEqual([
      ['whole-64, CPU µs/request', 'at most 3.5 × nginx', '3.50', 'yes'],
      ['whole-64, CPU µs/request', 'at least 12 × less than Portkey', '10.0', 'NO'],
    ])
  })
})

describe('the measures of memory', () => {
  const held = { ...quiet, peakOpen: 1000, idleKib: 100_000, peakKib: 164_000 }

  it('are the most that was held above idle, in all or for each that was open', () => {
    expect(memoryPerStream.of(held)).toBe(64)
    expect(peakMemory.of(held)).toBe(62.5)
  })

  it('say nothing where no process was looked at, or nothing was open', () => {
    expect(memoryPerStream.of({ ...held, peakOpen: 0 })).toBeUndefined()
    expect(memoryPerStream.of({ ...quiet, peakOpen: 1000 })).toBeUndefined()
    expect(peakMemory.of(quiet)).toBeUndefined()
  })
})

describe('troubles', () => {
  it('names every candidate with answers that were not whole', () => {
    const results = [
      result('nginx', run(1)),
      result('naive', run(1, { failed: 2, failedStatus: 502 }), run(1, { incomplete: 3 })),
    ]
    expect(troubles(results)).toEqual(['naive, whole-64: 2 failed, 3 incomplete, last status 502'])
  })

  it('names a candidate that could not be measured', () => {
    expect(troubles([{ ...result('naive'), error: 'Error: gone' }])).toEqual(['naive, whole-64: Error: gone'])
  })
})

describe('renderReport', () => {
  const text = renderReport({
    results: [
      result('nginx', run(20)),
      result('MPC-API', run(70, { disturbed: true })),
      { ...result('naive'), cannot: 'it has no such route' },
    ],
    rows: [wholeSaturated],
    candidates: ['nginx', 'MPC-API'],
    missing: new Map([['LiteLLM', 'no virtual environment']]),
    setting: ['2 cores'],
  })

  it('shows every median with its ratios to nginx and to MPC-API, and marks disturbed ones', () => {
    expect(text).toMatch(/whole-64: CPU µs\/request \| 20\.0 \(1\.00 · 0\.286\) +\| ~70\.0 \(3\.50 · 1\.00\)/)
  })

  it('names who is missing, and why', () => {
    expect(text).toContain('- left out: LiteLLM: no virtual environment')
    expect(text).toContain('- left out: naive, whole-64: it has no such route')
  })
})

describe('table', () => {
  it('pads the columns to the widest cell', () => {
    expect(table(['a', 'b'], [['long cell', '1']])).toEqual([
      '| a         | b   |',
      '| --------- | --- |',
      '| long cell | 1   |',
    ])
  })
})
