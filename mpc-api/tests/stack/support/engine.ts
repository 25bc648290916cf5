import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { docker, run } from './docker.ts'

export const repositoryRoot = fileURLToPath(new URL('../../../..', import.meta.url))

/** Makes an engine and local stand-ins for the images on a machine that reaches no image registry. */
const lab = resolve(repositoryRoot, process.env['DOCKER_LAB'] ?? '../shared/lab/docker-lab')

/**
 * Sees to it that an engine answers and that every image is there, with the lab's help where it is.
 * Pulls nothing by itself: these are gigabytes.
 * @returns why these tests cannot run here, or undefined
 */
export async function reasonToSkip(): Promise<string | undefined> {
  const hasLab = existsSync(lab)
  if (!(await answers()) && hasLab) await run(lab, ['up'])
  if (!(await answers())) {
    return `no Docker engine answers${hasLab ? ', and the lab could not start one' : ''}`
  }
  if ((await missingImages()).length > 0 && hasLab) {
    await run(lab, [
      'images',
      `${repositoryRoot}/ai-infra/compose.base.yml`,
      `${repositoryRoot}/mpc-api/Dockerfile`,
    ])
  }
  const missing = await missingImages()
  return missing.length === 0 ? undefined : `images are missing, pull them first: ${missing.join(' ')}`
}

async function answers(): Promise<boolean> {
  const [engine, compose] = await Promise.all([docker('info'), docker('compose', 'version')])
  return engine.code === 0 && compose.code === 0
}

/** Every image of the stack, with its tag. */
function allImages(): string[] {
  const base = readFileSync(`${repositoryRoot}/ai-infra/compose.base.yml`, 'utf8')
  return [...base.matchAll(/^\s*image: (\S+)$/gm)].map(([, image]) => image ?? '')
}

/** @returns the image of this name, with the tag that the stack uses */
export function imageOf(name: string): string {
  return allImages().find((image) => image.startsWith(`${name}:`)) ?? name
}

async function missingImages(): Promise<string[]> {
  const images = allImages()
  const present = await Promise.all(
    images.map(async (image) => (await docker('image', 'inspect', image)).code === 0),
  )
  return images.filter((image, i) => !present[i] && !image.startsWith('mpc-api:'))
}

/** Whether an image is a placeholder of the lab: right for order, networks and health, and for nothing else. */
export async function isPlaceholder(image: string): Promise<boolean> {
  const { stdout } = await docker('image', 'inspect', '-f', '{{index .Config.Labels "lab.standin"}}', image)
  return stdout.trim() === 'placeholder'
}

/** Prints why a suite does not run, once a file. */
export function sayWhySkipped(reason: string | undefined): void {
  if (reason !== undefined) process.stdout.write(`skipped: the stack on a real engine, for ${reason}\n`)
}
