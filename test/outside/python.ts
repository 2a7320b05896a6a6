import { createHash } from 'node:crypto'
import { access, readFile, rm } from 'node:fs/promises'
import { cacheFolder, run, sourceFile } from './tool.ts'

/** Makes a virtual environment with the packages of requirements.txt. @returns its interpreter */
export async function installPythonPackages(): Promise<string> {
  const requirements = sourceFile('outside/requirements.txt')
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
  const folder = await cacheFolder(`python-${wanted.slice(0, 12)}`)
  const interpreter = `${folder}/bin/python`
  if (await exists(`${folder}/complete`)) return interpreter
  await rm(folder, { recursive: true, force: true })
  await run('python3', ['-m', 'venv', folder])
  await run(interpreter, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements])
  await run('touch', [`${folder}/complete`])
  return interpreter
}

export const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
