import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'

const { npm } = inject('outside')

test.runIf(npm?.path)(
  "Relay's compiler accepts the schema, and its artifacts are current",
  async () => {
    const compiler = createRequire(`${npm!.path}/`)('relay-compiler')
    const cwd = fileURLToPath(new URL('relay/', import.meta.url))
    const config = 'relay.config.json'
    const { stdout } = await promisify(execFile)(compiler, ['--validate', config], { cwd })
    expect(stdout).toContain('Compilation completed')
  },
)
