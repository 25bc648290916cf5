import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Candidate } from './candidate.ts'
import { launch } from './launch.ts'

const program = join(import.meta.dirname, '../../.cache/litellm-venv/bin/litellm')
const key = 'sk-bench-litellm-4f1d2a'

/** LiteLLM with one worker, from the virtual environment of `npm run test:litellm`. */
export const litellm: Candidate = {
  name: 'LiteLLM',
  start: async (setting) => {
    if (!existsSync(program)) throw new Error('no .cache/litellm-venv: `npm run test:litellm` makes it')
    const file = join(setting.folder, 'litellm.yaml')
    writeFileSync(file, configuration(setting.upstream))
    return launch({
      name: 'litellm',
      setting,
      base: '/v1',
      headers: { authorization: `Bearer ${key}` },
      command: (port) => [
        program,
        '--config',
        file,
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--num_workers',
        '1',
      ],
      env: () => ({ LITELLM_MODE: 'PRODUCTION', LITELLM_LOG: 'ERROR', LITELLM_LOCAL_MODEL_COST_MAP: 'True' }),
      patience: 120,
    })
  },
}

const configuration = (upstream: string) => `
model_list:
  - model_name: "bench-*"
    litellm_params: { model: "openai/bench-*", api_base: "${upstream}/v1", api_key: sk-bench-upstream }
general_settings: { master_key: ${key} }
litellm_settings: { telemetry: false, num_retries: 0, request_timeout: 600 }
`
