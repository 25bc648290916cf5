import { type Measurement } from '../measurement.ts'
import { type BenchRequest } from '../requests.ts'

/** How the load generator drives one row. Times are in seconds. */
export interface Load {
  mode: 'closed' | 'rate' | 'once' | 'sockets'
  connections: number
  /** Requests per second, in mode `rate`. */
  rate?: number
  /** Over how long the connections start. */
  ramp?: number
  /** Load before the measured window; none in mode `once`. */
  warmup?: number
  /** Length of the window where that of the command line would not do. */
  seconds?: number
  /** The end of a run in mode `once`, whatever is still open. */
  limit?: number
}

export interface Measure {
  /** Its key in the results and in the aims. */
  name: string
  title: string
  of(measurement: Measurement): number | undefined
  /** Show what the candidate adds to the direct way, not the figure itself. */
  added?: boolean
}

/** One situation that every candidate is put in, and what is read from it. Adding one is one file and one line in rows.ts. */
export interface Row {
  name: string
  title: string
  load: Load
  /** Stamped chunks that a complete stream has, or messages that open a socket; 0 for whole answers. */
  chunks: number
  request(): BenchRequest
  /** Each run gets a new process, so that memory grown by earlier rows does not hide what this one needs. */
  fresh?: true
  measures: Measure[]
}

export const cpuPerRequest: Measure = {
  name: 'cpu',
  title: 'CPU µs/request',
  of: ({ cpuUs, requests }) => (cpuUs === undefined || requests === 0 ? undefined : cpuUs / requests),
}

export const cpuPerChunk: Measure = {
  name: 'cpu',
  title: 'CPU µs/chunk',
  of: ({ cpuUs, chunks }) => (cpuUs === undefined || chunks === 0 ? undefined : cpuUs / chunks),
}

export const cpuPerUpload: Measure = {
  name: 'cpu',
  title: 'CPU ms/upload',
  of: (measurement) => milliseconds(cpuPerRequest.of(measurement)),
}

export const requestsPerSecond: Measure = {
  name: 'rate',
  title: 'requests/s',
  of: ({ requests, seconds }) => requests / seconds,
}

export const chunksPerSecond: Measure = {
  name: 'rate',
  title: 'chunks/s',
  of: ({ chunks, seconds }) => chunks / seconds,
}

export const firstChunkP50: Measure = {
  name: 'first-p50',
  title: 'first chunk p50 ms',
  of: ({ firstChunkUs }) => milliseconds(firstChunkUs?.p50),
}

export const firstChunkP99: Measure = {
  name: 'first-p99',
  title: 'first chunk p99 ms',
  of: ({ firstChunkUs }) => milliseconds(firstChunkUs?.p99),
}

export const chunkDelayP50: Measure = {
  name: 'delay-p50',
  title: 'chunk delay p50 ms',
  of: ({ chunkDelayUs }) => milliseconds(chunkDelayUs?.p50),
}

export const chunkDelayP99: Measure = {
  name: 'delay-p99',
  title: 'chunk delay p99 ms',
  of: ({ chunkDelayUs }) => milliseconds(chunkDelayUs?.p99),
}

export const completeStreams: Measure = {
  name: 'complete',
  title: 'complete streams',
  of: ({ requests }) => requests,
}

export const peakOpen: Measure = {
  name: 'open',
  title: 'open at once, most',
  of: ({ peakOpen }) => peakOpen,
}

export const memoryPerStream: Measure = {
  name: 'memory',
  title: 'RSS above idle, KiB/stream',
  of: ({ idleKib, peakKib, peakOpen }) =>
    idleKib === undefined || peakKib === undefined || peakOpen === 0
      ? undefined
      : (peakKib - idleKib) / peakOpen,
}

export const peakMemory: Measure = {
  name: 'memory',
  title: 'RSS above idle, MiB at most',
  of: ({ idleKib, peakKib }) =>
    idleKib === undefined || peakKib === undefined ? undefined : (peakKib - idleKib) / 1024,
}

export const stillOpen: Measure = {
  name: 'open',
  title: 'open at the end',
  of: ({ open }) => open,
}

export const cpuShare: Measure = {
  name: 'cpu',
  title: 'CPU of one core, %',
  of: ({ cpuUs, seconds }) => (cpuUs === undefined ? undefined : cpuUs / seconds / 10_000),
}

export const idleMemory: Measure = {
  name: 'idle',
  title: 'RSS idle, MiB',
  of: ({ idleKib }) => (idleKib === undefined ? undefined : idleKib / 1024),
}

export function milliseconds(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : microseconds / 1000
}
