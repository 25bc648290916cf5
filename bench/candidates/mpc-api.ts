import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Candidate } from './candidate.ts'
import { launch } from './launch.ts'

const program = join(import.meta.dirname, '../../mpc-api/dist/index.js')

/** MPC-API as it ships: key check, checks of the body, access log, security headers, usage tap. */
export const mpcApi: Candidate = {
  name: 'MPC-API',
  start: async (setting) => {
    if (!existsSync(program)) throw new Error('mpc-api is not built: run `npm run build`')
    return launch({
      name: 'mpc-api',
      setting,
      path: '/api/chat/completions',
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
