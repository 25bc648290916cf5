import { type Stack } from './stack.ts'

export function mpcApiUrl({ env }: Stack): string {
  return `http://127.0.0.1:${env['MPC_API_HOST_PORT']}`
}

export function litellmUrl({ env }: Stack): string {
  return `http://127.0.0.1:${env['LITELLM_HOST_PORT']}`
}

/** One chat call to the model that needs no provider. */
export function chat(url: string, key: string | undefined, extra: object = {}): Promise<Response> {
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'mock', messages: [{ role: 'user', content: 'ping' }], ...extra }),
    signal: AbortSignal.timeout(60_000),
  })
}

/** The status of a chat call through MPC-API, whatever it is. */
export async function chatStatus(stack: Stack): Promise<number> {
  const response = await chat(`${mpcApiUrl(stack)}/api`, stack.env['MPC_API_KEY']).catch(() => undefined)
  await response?.body?.cancel()
  return response?.status ?? 0
}
