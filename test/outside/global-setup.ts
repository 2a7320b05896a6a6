import type { TestProject } from 'vitest/node'
import { unpackNewPgbouncer } from './debian.ts'
import { buildGoPrograms } from './go.ts'
import { installNpmPackages } from './npm.ts'
import { installPostgres } from './postgres.ts'
import { findProxies } from './proxies.ts'
import { installPythonPackages } from './python.ts'
import { type Tool, toolOr } from './tool.ts'

declare module 'vitest' {
  interface ProvidedContext {
    outside: Record<string, Tool>
  }
}

/** Installs what the tests need below node_modules/.cache/outside, and prints at the end what could not be had. */
export default async function setup(project: TestProject): Promise<() => void> {
  const [python, go, npm, pgbouncer, postgres, proxies] = await Promise.all([
    toolOr(installPythonPackages),
    toolOr(buildGoPrograms),
    toolOr(installNpmPackages),
    toolOr(unpackNewPgbouncer),
    toolOr(installPostgres),
    findProxies(),
  ])
  const tools = { python, go, npm, pgbouncer, postgres, ...proxies }
  project.provide('outside', tools)
  return () => {
    const skipped = Object.entries(tools).filter(([, { missing }]) => missing)
    for (const [name, { missing }] of skipped) console.log(`skipped ${name}: ${missing}`)
    if (skipped.length === 0) console.log('skipped nothing')
  }
}
