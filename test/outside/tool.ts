import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** A program or a folder that tests need, or why this machine does not have it. */
export type Tool = { path: string; missing?: never } | { path?: never; missing: string }

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/outside/', import.meta.url))

/** A folder that is kept from one run to the next. */
export async function cacheFolder(name: string): Promise<string> {
  const folder = `${CACHE}${name}`
  await mkdir(folder, { recursive: true })
  return folder
}

export const sourceFile = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Runs a program. Rejects with the end of what it wrote when it fails. @returns its standard output */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, {
      ...options,
      maxBuffer: 64_000_000,
      timeout: 600_000,
    })
    return stdout
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string; stderr?: string }
    if (code === 'ENOENT') throw new Error(`${program} is not installed`)
    throw new Error(`${program} ${args[0]}: ${stderr.trim().split('\n').at(-1) || code}`)
  }
}

/** Makes a tool. One that cannot be made is missing. */
export async function toolOr(make: () => Promise<string>): Promise<Tool> {
  try {
    return { path: await make() }
  } catch (error) {
    return { missing: (error as Error).message }
  }
}
