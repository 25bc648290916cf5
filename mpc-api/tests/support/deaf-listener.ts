import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'

const source = `
  const { createServer } = require('node:net')
  const { parentPort, workerData } = require('node:worker_threads')
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    // From here on its event loop stands still, so that nothing is ever accepted.
    Atomics.wait(workerData, 0, 0)
  })
`

/**
 * An address that takes no connection: neither refused nor accepted, as behind a firewall that drops packets.
 * Undefined where this system accepts more than its backlog.
 */
export async function startDeafListener(): Promise<{ url: string; stop(): Promise<void> } | undefined> {
  const asleep = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(source, { eval: true, workerData: asleep })
  const [port] = (await once(worker, 'message')) as [number]
  const fillers: Socket[] = []
  const stop = async () => {
    for (const filler of fillers) filler.destroy()
    Atomics.notify(asleep, 0)
    await worker.terminate()
  }
  for (let tries = 0; tries < 20; tries += 1) {
    const filler = connect(port, '127.0.0.1').on('error', () => undefined)
    fillers.push(filler)
    const connected = await Promise.race([
      once(filler, 'connect').then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 200, false)),
    ])
    if (!connected) return { url: `http://127.0.0.1:${port}`, stop }
  }
  await stop()
  return undefined
}
