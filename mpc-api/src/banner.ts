export interface BannerFacts {
  url: string
  upstream: string
  keyRequired: boolean
  /** A model that the three calls can be made with. */
  model: string
}

/** What a person at a terminal sees first: where things are, and three calls that work as printed. */
export function toBanner({ url, upstream, keyRequired, model }: BannerFacts): string {
  const key = keyRequired ? ' -H "Authorization: Bearer $MPC_API_KEY"' : ''
  const body = (stream: string): string =>
    `'{"model":"${model}","messages":[{"role":"user","content":"Hello!"}]${stream}}'`
  return [
    '',
    `  MPC-API    ${url}`,
    `  upstream   ${upstream}`,
    `  keys       ${keyRequired ? 'required (MPC_API_KEY)' : 'none: only this machine is served'}`,
    `  OpenAI SDK base URL ${url}/api/v1    health ${url}/health`,
    '',
    '  Try it:',
    `  curl ${url}/api/models${key}`,
    `  curl ${url}/api/chat/completions${key} -H "Content-Type: application/json" -d ${body('')}`,
    `  curl -N ${url}/api/chat/completions${key} -H "Content-Type: application/json" -d ${body(',"stream":true')}`,
    '',
    '',
  ].join('\n')
}
