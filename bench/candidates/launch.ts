import { ask } from '../requests.ts'
import { freePort, startServer, untilAnswers } from '../spawn.ts'
import { type Running, type Setting } from './candidate.ts'

interface Program {
  name: string
  setting: Setting
  /** The command line, given the port to listen on. */
  command(port: number): string[]
  env?(port: number): NodeJS.ProcessEnv
  base: string
  headers: Record<string, string>
  /** How long it may take to answer its first request, in seconds. */
  patience?: number
}

/** Starts a program on a free port and waits until it answers a chat request. */
export async function launch(program: Program): Promise<Running> {
  const { name, setting, base, headers, patience } = program
  const port = await freePort()
  const server = startServer(setting, name, program.command(port), program.env?.(port))
  await untilAnswers(server, () => ask({ port, base, headers }), patience)
  return { port, pid: server.child.pid, base, headers, stop: () => server.stop() }
}
