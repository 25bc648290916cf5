import { execFile } from 'node:child_process'

export interface Outcome {
  code: number
  stdout: string
  /** What docker says about progress comes here too. */
  stderr: string
}

/** Runs a program to its end. A failure is an outcome, not an exception. */
export function run(program: string, args: readonly string[], env = process.env): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(program, args, { env, maxBuffer: 64 << 20, timeout: 580_000 }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1
      resolve({ code, stdout, stderr })
    })
  })
}

export function docker(...args: string[]): Promise<Outcome> {
  return run('docker', args)
}

/** @returns standard output, trimmed @throws when docker ends with another code than 0 */
export async function dockerOutput(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await docker(...args)
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

/** Asks again until the answer is true. @throws after `seconds` */
export async function until(what: string, seconds: number, ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
