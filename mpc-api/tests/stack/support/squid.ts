import { spawn } from 'node:child_process'
import { docker } from './docker.ts'
import { imageOf, isPlaceholder } from './engine.ts'

// The real program on the lab's Debian, laid out as the official image lays it out.
const dockerfile = `
FROM lab/base
RUN sed -i 's/bookworm/trixie/g' /etc/apt/sources.list.d/debian.sources && apt-get update -qq \\
 && apt-get install -y -qq --no-install-recommends squid && rm -rf /var/lib/apt/lists/*
LABEL lab.standin=real
ENTRYPOINT ["squid"]
CMD ["-f", "/etc/squid/squid.conf", "-NYC"]
`

/**
 * Puts the real Squid where the lab left a placeholder, so that our rules are read by the program they are for.
 * @returns whether the image holds the real program now
 */
export async function ensureRealSquid(): Promise<boolean> {
  const image = imageOf('ubuntu/squid')
  if (!(await isPlaceholder(image))) return true
  if ((await docker('image', 'inspect', 'lab/base')).code !== 0) return false
  await build(image)
  return !(await isPlaceholder(image))
}

function build(image: string): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn('docker', ['build', '-q', '-t', image, '-'], { stdio: ['pipe', 'ignore', 'ignore'] })
    child.stdin.end(dockerfile)
    child.on('close', () => resolve())
  })
}
