import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { refuseSteering } from '../../src/services/checks/refuse-steering.ts'
import { findLitellm } from '../support/litellm-installation.ts'

const litellm = await findLitellm()

/** Parameters of LiteLLM that shape a prompt or an answer, label a call, or do nothing when a request has them. */
const harmless = new Set([
  'allowed_openai_params',
  'assistant_continue_message',
  'bos_token',
  'disable_add_transform_inline_image_block',
  'enable_json_schema_validation',
  'enable_prompt_caching',
  'ensure_alternating_roles',
  'eos_token',
  'final_prompt_value',
  'id',
  'itpm',
  'max_file_size_mb',
  'merge_reasoning_content_in_choices',
  // `order` is also a parameter of OpenAI's lists.
  'order',
  'otpm',
  'output_vector_size',
  'roles',
  'rpm',
  'search_tool_name',
  'self',
  'supports_system_message',
  'tags',
  'tpm',
  'ttl',
  'use_chat_completions_api',
  'user_continue_message',
  'verbose',
  'weight',
])
/** Looked into, name by name. */
const containers = new Set(['litellm_metadata', 'metadata'])

describe.skipIf(!litellm.ready)('the parameters of a real LiteLLM', () => {
  const program = `
import json
from litellm.types.utils import all_litellm_params
print(json.dumps(sorted(set(all_litellm_params))))`
  const known = (): string[] => {
    const python = join(dirname(litellm.ready ? litellm.program : ''), 'python')
    const env = { ...process.env, LITELLM_LOCAL_MODEL_COST_MAP: 'True' }
    return JSON.parse(execFileSync(python, ['-c', program], { encoding: 'utf8', env })) as string[]
  }
  const passes = (name: string): boolean => {
    try {
      refuseSteering({ [name]: null })
      return true
    } catch {
      return false
    }
  }

  it('are refused by name, but for those that were found harmless', () => {
    const passing = known().filter((name) => passes(name) && !containers.has(name))

    expect(passing.filter((name) => !harmless.has(name))).toEqual([])
    expect([...harmless].filter((name) => !passing.includes(name))).toEqual([])
  }, 60_000)
})
