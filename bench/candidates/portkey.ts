import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Candidate } from './candidate.ts'
import { launch } from './launch.ts'

const folder = join(import.meta.dirname, '../../.cache/bench/portkey')
const entry = join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js')

/** Portkey's gateway from its npm package, headless, sent to the upstream by its custom-host header. */
export const portkey: Candidate = {
  name: 'Portkey',
  cannot: { 'sockets-1000': 'its realtime route goes to api.openai.com, whatever custom host it is given' },
  start: async (setting) => {
    if (!existsSync(entry)) install()
    return launch({
      name: 'portkey',
      setting,
      base: '/v1',
      headers: {
        authorization: 'Bearer bench-key',
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': `${setting.upstream}/v1`,
      },
      command: (port) => [process.execPath, entry, '--headless', `--port=${port}`],
      env: () => ({ NODE_ENV: 'production' }),
    })
  },
}

/** With a newer @hono/node-server this version answers every stream with HTTP 500 on Node 20, so that is held back. */
function install(): void {
  mkdirSync(folder, { recursive: true })
  const dependencies = { '@portkey-ai/gateway': '1.15.2' }
  const overrides = { '@hono/node-server': '1.13.8' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }))
  try {
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts']
    execFileSync('npm', args, { cwd: folder, stdio: 'pipe', timeout: 300_000 })
  } catch {
    throw new Error('@portkey-ai/gateway could not be installed from the npm registry')
  }
}
