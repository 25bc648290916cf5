import { join } from 'node:path'
import { type Candidate } from './candidate.ts'
import { launch } from './launch.ts'

const program = join(import.meta.dirname, '../naive/server.mjs')

/** The proxy that most would write first, with the same middleware as MPC-API. */
export const naive: Candidate = {
  name: 'naive',
  cannot: { 'sockets-1000': 'Express and axios do not pass WebSockets on' },
  start: (setting) =>
    launch({
      name: 'naive',
      setting,
      base: '/api',
      headers: { authorization: 'Bearer bench-key' },
      command: () => [process.execPath, program],
      env: (port) => ({
        NODE_ENV: 'production',
        PORT: String(port),
        UPSTREAM: setting.upstream,
        API_KEY: 'bench-key',
      }),
    }),
}
