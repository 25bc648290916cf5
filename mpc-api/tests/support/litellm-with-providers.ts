import { resolve } from 'node:path'
import { startLitellm, type LitellmOptions, type LitellmProcess } from './litellm-process.ts'
import { startScriptedProvider, type ProviderBehaviour, type ScriptedProvider } from './scripted-provider.ts'

/** A real LiteLLM whose providers are scripted. */
export interface LitellmWithProviders extends AsyncDisposable {
  readonly litellm: LitellmProcess
  readonly openai: ScriptedProvider
  readonly anthropic: ScriptedProvider
  /** Both providers do the same from now on, and forget their calls. */
  script(...behaviours: readonly ProviderBehaviour[]): void
  post(path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Response>
  chat(model: string, more?: object, headers?: Readonly<Record<string, string>>): Promise<Response>
}

/** The configurations that we ship, by path from the root of the repository. */
export const configurations = {
  default: 'litellm_config.yaml',
  openaiOnly: 'ai-infra/litellm/config/openai-only.yaml',
  anthropicOnly: 'ai-infra/litellm/config/anthropic-only.yaml',
  multiProvider: 'ai-infra/litellm/config/multi-provider.yaml',
  productionFallback: 'ai-infra/litellm/config/production-fallback.yaml',
} as const

export const configurationFile = (path: string): string => resolve(import.meta.dirname, '../../..', path)

/** Starts LiteLLM with a shipped configuration as it stands; only the environment says where the providers are. */
export async function startLitellmWithProviders(
  program: string,
  configuration: string,
  env: LitellmOptions['env'] = {},
): Promise<LitellmWithProviders> {
  const [openai, anthropic] = await Promise.all([startScriptedProvider(), startScriptedProvider()])
  const closeProviders = (): Promise<unknown> => Promise.all([openai.close(), anthropic.close()])
  const litellm = await startLitellm({
    program,
    configFile: configurationFile(configuration),
    env: {
      OPENAI_API_KEY: 'sk-scripted-openai',
      OPENAI_BASE_URL: `${openai.origin}/v1`,
      ANTHROPIC_API_KEY: 'sk-scripted-anthropic',
      ANTHROPIC_BASE_URL: anthropic.origin,
      ...env,
    },
  }).catch(async (error: unknown) => {
    await closeProviders()
    throw error
  })

  const post: LitellmWithProviders['post'] = (path, body, headers = {}) =>
    fetch(`${litellm.baseUrl}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${litellm.masterKey}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    })

  return {
    litellm,
    openai,
    anthropic,
    script(...behaviours) {
      openai.script(...behaviours)
      anthropic.script(...behaviours)
    },
    post,
    chat: (model, more = {}, headers = {}) =>
      post(
        '/v1/chat/completions',
        { model, messages: [{ role: 'user', content: 'Say hello.' }], ...more },
        headers,
      ),
    async [Symbol.asyncDispose]() {
      await litellm.stop()
      await closeProviders()
    },
  }
}
