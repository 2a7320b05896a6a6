import { cp } from 'node:fs/promises'
import { cacheFolder, run, sourceFile } from './tool.ts'

/** Compiles the Go programs of test/outside/go. @returns the folder of the programs */
export async function buildGoPrograms(): Promise<string> {
  const folder = await cacheFolder('go')
  await cp(sourceFile('outside/go'), folder, { recursive: true })
  await run('go', ['build', '-o', `${folder}/bin/`, './...'], { cwd: folder })
  return `${folder}/bin`
}
