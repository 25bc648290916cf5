/**
 * Reads a chat stream by the rule of Dify's plugin for OpenAI-compatible models: frames are what stands between
 * two line feeds, a frame begins with `data:` or is a comment, and one that is no JSON ends the answer silently.
 */
export async function readLikeDify(response: Response): Promise<string> {
  if (response.status !== 200) throw new Error(`API request failed with status code ${response.status}`)
  let text = ''
  for (const frame of (await readUntilCut(response)).split('\n\n')) {
    const content = frame.trim()
    if (content === '' || content.startsWith(':')) continue
    const payload = content.replace(/^data:/, '').trim()
    if (payload === '[DONE]') continue
    const chunk = parse(payload)
    if (!chunk) return `${text}<Non-JSON encountered>`
    if (chunk.error && !chunk.choices) throw new Error(JSON.stringify(chunk.error))
    if (!chunk.choices) throw new Error('KeyError: choices')
    text += chunk.choices[0]?.delta?.content ?? ''
  }
  return text
}

interface Chunk {
  readonly error?: unknown
  readonly choices?: { delta?: { content?: string } }[]
}

function parse(payload: string): Chunk | undefined {
  try {
    return JSON.parse(payload) as Chunk
  } catch {
    return undefined
  }
}

/** What arrived before the connection broke: the frames in it are read first, as a reader of lines would. */
async function readUntilCut(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const bytes of response.body ?? [])
      text += decoder.decode(bytes as Uint8Array, { stream: true })
  } catch {
    if (!text.includes('"error"')) throw new Error('the connection broke')
  }
  return text
}
