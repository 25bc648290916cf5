import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Candidate } from './candidate.ts'
import { launch } from './launch.ts'

/** MPC-API as it ships: key check, checks of the body, access log, security headers, usage tap. */
export const mpcApi = mpcApiOf('MPC-API', join(import.meta.dirname, '../..'))

/** MPC-API as it was built in a checkout. */
export function mpcApiOf(name: string, folder: string): Candidate {
  const program = resolve(folder, 'mpc-api/dist/index.js')
  return {
    name,
    start: async (setting) => {
      if (!existsSync(program)) throw new Error(`no ${program}: run \`npm run build\` there`)
      return launch({
        name,
        setting,
        base: '/api',
        headers: { authorization: 'Bearer bench-key' },
        command: () => [process.execPath, ...setting.nodeFlags, '--enable-source-maps', program],
        env: (port) => ({
          NODE_ENV: 'production',
          HOST: '127.0.0.1',
          PORT: String(port),
          MPC_API_KEY: 'bench-key',
          LITELLM_BASE_URL: setting.upstream,
          LITELLM_API_KEY: 'sk-bench-upstream',
        }),
      })
    },
  }
}
