import { describe, expect, it } from 'vitest'
import { descendants, parseCoreStats, parseProcessStat, parseResidentKib } from './proc.ts'

describe('parseProcessStat', () => {
  it('reads pid, parent and user plus system ticks', () => {
    const text = '4242 (node) S 17 4242 4242 0 -1 4194560 100 0 0 0 1234 66 9 9 20 0 11 0 5 6 7 8'
    expect(parseProcessStat(text)).toEqual({ pid: 4242, parent: 17, ticks: 1300 })
  })

  it('is not misled by spaces and brackets in the name of the command', () => {
    const text = '5 (a) b (c) R 1 5 5 0 -1 0 0 0 0 0 10 20 0 0 20 0 1 0 5'
    expect(parseProcessStat(text)).toEqual({ pid: 5, parent: 1, ticks: 30 })
  })
})

describe('parseCoreStats', () => {
  it('counts everything but idle, waiting for disks and stolen time as busy, for each core', () => {
    const text = 'cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 400 50 6 7 8 0 0\ncpu1 10 0 5 1 1 0 1 0 0 0\nintr 5\n'
    expect(parseCoreStats(text)).toEqual([
      { core: 0, busy: 19, stolen: 8 },
      { core: 1, busy: 16, stolen: 0 },
    ])
  })
})

describe('parseResidentKib', () => {
  it('reads VmRSS', () => {
    expect(parseResidentKib('Name:\tnode\nVmHWM:\t  99 kB\nVmRSS:\t  78124 kB\n')).toBe(78124)
  })

  it('is 0 for a process without memory', () => {
    expect(parseResidentKib('Name:\tkworker\nState:\tZ (zombie)\n')).toBe(0)
  })
})

describe('descendants', () => {
  it('are the process itself and all below it', () => {
    const processes = [
      { pid: 1, parent: 0, ticks: 0 },
      { pid: 10, parent: 1, ticks: 0 },
      { pid: 11, parent: 10, ticks: 0 },
      { pid: 12, parent: 11, ticks: 0 },
      { pid: 20, parent: 1, ticks: 0 },
    ]
    expect(descendants(processes, 10).map(({ pid }) => pid)).toEqual([10, 11, 12])
  })
})
