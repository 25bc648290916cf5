import { startGateway, type TestGateway } from './start-gateway.ts'
import {
  configurations,
  startLitellmWithProviders,
  type LitellmWithProviders,
} from './litellm-with-providers.ts'

/** A gateway in front of a real LiteLLM, which is in front of scripted providers. */
export interface LitellmPair extends AsyncDisposable {
  readonly gateway: TestGateway
  readonly proxy: LitellmWithProviders
  readonly get: (path: string) => Promise<Response>
  /** A chat request with the client's key. */
  readonly chat: (model: string, more?: object, init?: RequestInit) => Promise<Response>
}

export const clientKey = 'mpc-key-of-the-client'

/** @param env variables of the gateway, over the pair's own */
export async function startLitellmPair(
  program: string,
  configuration: string = configurations.default,
  env: Readonly<Record<string, string>> = {},
): Promise<LitellmPair> {
  const proxy = await startLitellmWithProviders(program, configuration)
  const gateway = await startGateway({
    NODE_ENV: 'production',
    LITELLM_BASE_URL: proxy.litellm.baseUrl,
    LITELLM_API_KEY: proxy.litellm.masterKey,
    MPC_API_KEY: clientKey,
    ...env,
  }).catch(async (error: unknown) => {
    await proxy[Symbol.asyncDispose]()
    throw error
  })
  const authorization = `Bearer ${clientKey}`

  return {
    gateway,
    proxy,
    get: (path) => fetch(gateway.url + path, { headers: { authorization } }),
    chat: (model, more = {}, init = {}) =>
      fetch(`${gateway.url}/api/chat/completions`, {
        ...init,
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/json',
          ...(init.headers as object | undefined),
        },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Say hello.' }], ...more }),
      }),
    async [Symbol.asyncDispose]() {
      await gateway.stop()
      await proxy[Symbol.asyncDispose]()
    },
  }
}
