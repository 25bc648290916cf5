import { afterAll, describe, expect, it } from 'vitest'
import { chatAnswer, textFrame } from '../support/chat-frames.ts'
import { ask, askStream, chatPath, startPair } from '../support/start-pair.ts'
import { silence, stream } from '../support/upstream-behaviours.ts'

const { post, rawPost, upstream } = await startPair()

const warnings: string[] = []
const onWarning = (warning: Error) => warnings.push(String(warning))
process.on('warning', onWarning)
afterAll(() => process.off('warning', onWarning))

/** How many of each kind of thing keep this process, with gateway and upstream in it, alive. */
function countResources(): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

/** A connection that was opened for a client who then left is kept for the next one, but not for long. */
const idleConnectionsClose = { timeout: 8_000 }

const visits = [
  { behaviour: silence, body: ask, until: undefined },
  { behaviour: silence, body: askStream, until: undefined },
  { behaviour: stream([textFrame('word')], { end: 'silent' }), body: askStream, until: 'word' },
] as const

async function visitAndLeave(turn: number) {
  const { behaviour, body, until } = visits[turn % visits.length]!
  upstream.respondOnce(behaviour)
  const client = await rawPost(chatPath, body)
  const request = await upstream.nextRequest()
  if (until) await Promise.race([client.until(until), request.closed])
  if (turn % 2) client.reset()
  else client.destroy()
  await request.closed
}

describe('1,000 clients that leave', () => {
  it('leave no socket, no timer and no listener behind', { timeout: 30_000 }, async () => {
    for (let turn = 0; turn < 50; turn += 1) await visitAndLeave(turn)
    await expect.poll(() => upstream.openConnections(), idleConnectionsClose).toBe(0)
    const before = countResources()

    for (let turn = 0; turn < 1_000; turn += 1) await visitAndLeave(turn)

    await expect.poll(() => upstream.openConnections(), idleConnectionsClose).toBe(0)
    await expect
      .poll(() => countResources()['TCPSocketWrap'] ?? 0)
      .toBeLessThanOrEqual((before['TCPSocketWrap'] ?? 0) + 2)
    await expect
      .poll(() => countResources()['Timeout'] ?? 0)
      .toBeLessThanOrEqual((before['Timeout'] ?? 0) + 2)
    expect(warnings).toEqual([])
  })

  it('leave the gateway as able as before', async () => {
    upstream.respond(chatAnswer())

    expect((await post(chatPath, ask)).status).toBe(200)
  })
})
