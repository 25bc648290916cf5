/** What the load generator saw of one quantity, in microseconds. */
export interface Times {
  count: number
  p50: number
  p99: number
  max: number
}

/** What one run of one row gave. */
export interface Measurement {
  /** Length of the measured window. */
  seconds: number
  /** Complete answers in the window. */
  requests: number
  /** Stamped chunks in the window. */
  chunks: number
  /** Most streams that had their first chunk and not yet their last, at one time. */
  peakOpen: number
  /** Streams or sockets that were open when the window ended. */
  open: number
  latencyUs: Times | null
  firstChunkUs: Times | null
  chunkDelayUs: Times | null
  /** Answers other than 200, or none at all, in the whole run. */
  failed: number
  failedStatus: number
  /** 200s that ended without all their chunks and [DONE], or with an error in them. */
  incomplete: number
  /** Streams still open when the run was given up. */
  unfinished: number
  /** CPU time of the candidate's process tree in the window; undefined for direct. */
  cpuUs?: number
  idleKib?: number
  peakKib?: number
  /** CPU time of others on the candidate's core, as a share of the window. */
  foreign: number
  /** Too much of the machine went to others for the figures to be trusted. */
  disturbed: boolean
}
