import { describe, expect, it } from 'vitest'
import { event, response, responseFrames, responseOpening, textDelta } from '../support/api-events.ts'
import { chatAnswer, doneFrame, finishFrame, openAiUsageFrame, textFrame } from '../support/chat-frames.ts'
import { findPythonClients, runPython } from '../support/python-clients.ts'
import { clientKey, startPair } from '../support/start-pair.ts'
import { json, stream, whole } from '../support/upstream-behaviours.ts'
import { type Behaviour } from '../support/upstream-stub.ts'

const clients = await findPythonClients()
const { gateway, upstream } = await startPair({
  MPC_PING_INTERVAL_MS: '40',
  MPC_STREAM_START_TIMEOUT_MS: '60',
})

/** Runs a program in which `say` reports, and returns what it said. Importing the clients alone takes seconds. */
const python = (script: string) =>
  runPython(clients.ready ? clients.python : '', `${prelude}\n${script}\nprint(json.dumps(said))`, {
    KEY: clientKey,
    BASE: `${gateway.url}/api`,
  })
const prelude = `
import json, os
KEY, BASE, said = os.environ["KEY"], os.environ["BASE"], []
say = said.append
def caught(work):
    try:
        work()
        say("no error")
    except Exception as error:
        say([type(error).__name__, str(error)[:300]])
def openai_client(**options):
    from openai import OpenAI
    return OpenAI(base_url=BASE + "/v1", api_key=KEY, **{"max_retries": 0, **options})
MESSAGES = [{"role": "user", "content": "Hello"}]
`

const words = stream([textFrame('Grüß '), textFrame('Gott'), finishFrame, openAiUsageFrame, doneFrame], {
  pauseMs: 60,
})
const vector = Buffer.from(new Float32Array([0.5, -2]).buffer).toString('base64')
const embeddings = json({
  object: 'list',
  model: 'm',
  data: [{ object: 'embedding', index: 0, embedding: vector }],
  usage: { prompt_tokens: 1, total_tokens: 1 },
})
const limit = json(
  { error: { message: 'slow down', type: 'throttling_error', param: 'None', code: '429' } },
  { status: 429 },
)

describe.skipIf(!clients.ready)('the Python clients', () => {
  it('openai: chat, stream, responses, embeddings, speech, a transcript, models', async () => {
    const behaviours: Behaviour[] = [
      chatAnswer('Grüß Gott'),
      words,
      json(response),
      stream(responseFrames),
      embeddings,
      whole(Buffer.from([1, 2, 255]), { headers: { 'content-type': 'audio/mpeg' } }),
      json({ text: 'Grüß Gott' }),
      json({ object: 'list', data: [{ id: 'm', object: 'model', created: 1, owned_by: 'x' }] }),
    ]
    upstream.respondOnce(...behaviours)
    const said = await python(`
c = openai_client()
say(c.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content)
say("".join(x.choices[0].delta.content or "" for x in c.chat.completions.create(model="m", messages=MESSAGES, stream=True)))
say(c.responses.create(model="m", input="x").output_text)
say([e.type for e in c.responses.create(model="m", input="x", stream=True)][-1])
say(c.embeddings.create(model="m", input=[[1, 2]]).data[0].embedding)
say(list(c.audio.speech.create(model="m", voice="alloy", input="x").content))
say(c.audio.transcriptions.create(model="m", file=("grüße.wav", b"RIFF")).text)
say([m.id for m in c.models.list()])`)

    expect(said).toEqual([
      'Grüß Gott',
      'Grüß Gott',
      'Grüß Gott',
      'response.completed',
      [0.5, -2],
      [1, 2, 255],
      'Grüß Gott',
      ['m'],
    ])
    expect(upstream.requests[1]?.body.toString()).toContain('"include_usage":true')
  })

  it('openai: errors have their kind and their message, and only what may be is repeated', async () => {
    upstream.respondOnce(
      limit,
      json(
        { error: { message: 'no such model', type: 'None', param: 'None', code: '404' } },
        { status: 404 },
      ),
      stream([textFrame('a')], { end: 'reset' }),
      stream([...responseOpening, textDelta('a', 3)], { end: 'reset' }),
    )
    const said = await python(`
c = openai_client()
caught(lambda: c.chat.completions.create(model="m", messages=MESSAGES))
caught(lambda: openai_client(max_retries=2).chat.completions.create(model="m", messages=MESSAGES))
caught(lambda: list(c.chat.completions.create(model="m", messages=MESSAGES, stream=True)))
caught(lambda: list(c.responses.create(model="m", input="x", stream=True)))
caught(lambda: openai_client(max_retries=2).with_options(api_key="wrong").models.list())`)

    expect(said).toEqual([
      ['RateLimitError', expect.stringContaining('slow down')],
      ['NotFoundError', expect.stringContaining('no such model')],
      ['APIError', expect.stringContaining('LiteLLM')],
      ['APIError', expect.stringContaining('LiteLLM')],
      ['AuthenticationError', expect.stringContaining('API key is not known')],
    ])
    expect(upstream.requests).toHaveLength(4)
  })

  it('anthropic: a message, a stream, a stream that breaks, an error', async () => {
    const message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [{ type: 'text', text: 'Grüß Gott' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 5 },
    }
    const opening = [
      event('message_start', { message: { ...message, content: [], stop_reason: null } }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Grüß Gott' } }),
    ]
    const closing = [
      event('content_block_stop', { index: 0 }),
      event('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 5 },
      }),
      event('message_stop'),
    ]
    upstream.respondOnce(
      json(message),
      stream([...opening, ...closing], { pauseMs: 60 }),
      stream(opening, { end: 'reset' }),
      limit,
    )
    const said = await python(`
from anthropic import Anthropic
c = Anthropic(base_url=BASE, api_key=KEY, max_retries=0)
ask = dict(model="m", max_tokens=9, messages=MESSAGES)
say(c.messages.create(**ask).content[0].text)
def read():
    with c.messages.stream(**ask) as s:
        return s.get_final_text()
say(read())
caught(read)
caught(lambda: c.messages.create(**ask))`)

    expect(said).toEqual([
      'Grüß Gott',
      'Grüß Gott',
      [expect.stringMatching(/Error$/), expect.stringContaining('LiteLLM')],
      ['RateLimitError', expect.stringContaining('slow down')],
    ])
  })

  it('langchain-openai: an answer, a stream, embeddings as tokens or text, an error', async () => {
    upstream.respondOnce(chatAnswer('Grüß Gott'), words, embeddings, stream([textFrame('a')], { end: 'fin' }))
    const said = await python(`
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
c = ChatOpenAI(model="m", base_url=BASE + "/v1", api_key=KEY, max_retries=0)
say(c.invoke("Hello").content)
say("".join(x.content for x in c.stream("Hello")))
e = OpenAIEmbeddings(model="m", base_url=BASE + "/v1", api_key=KEY, max_retries=0, check_embedding_ctx_length=False)
say(e.embed_query("a"))
caught(lambda: list(c.stream("Hello")))`)

    expect(said).toEqual([
      'Grüß Gott',
      'Grüß Gott',
      [0.5, -2],
      ['APIError', expect.stringContaining('LiteLLM')],
    ])
  })
})
