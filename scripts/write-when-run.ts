import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { repositoryRoot } from './stack-catalogue.ts'

/**
 * Writes a generated file when its generator is the program that Node was started with; an import of the generator
 * does nothing.
 * @param moduleUrl `import.meta.url` of the generator
 * @param path from the repository root
 */
export function writeWhenRun(moduleUrl: string, path: string, render: () => string): void {
  if (moduleUrl === pathToFileURL(process.argv[1] ?? '').href) {
    writeFileSync(join(repositoryRoot, path), render())
  }
}
