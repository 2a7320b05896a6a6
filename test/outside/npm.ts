import { copyFile } from 'node:fs/promises'
import { cacheFolder, run, sourceFile } from './tool.ts'

/** Installs the packages of test/outside/npm. @returns the folder that has them */
export async function installNpmPackages(): Promise<string> {
  const folder = await cacheFolder('npm')
  for (const name of ['package.json', 'package-lock.json']) {
    await copyFile(sourceFile(`outside/npm/${name}`), `${folder}/${name}`)
  }
  await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder })
  return folder
}
