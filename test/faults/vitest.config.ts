import { globSync, readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'
import config from '../../vitest.config.ts'

const { projects: _, sequence: __, ...shared } = config.test!

/** Tests elsewhere whose extent or bounds in time depend on the form. */
const bounded = globSync('test/**/*.test.ts').filter((file) =>
  readFileSync(file, 'utf8').includes('faults/extent.ts'),
)

/** The faults and whatever else has bounds in time, at the full extent, one file after the other. */
export default defineConfig({
  ...config,
  test: {
    ...shared,
    include: ['test/faults/**/*.test.ts', ...bounded],
    globalSetup: 'test/helpers/global-setup.ts',
    setupFiles: 'test/helpers/each-file.ts',
    env: { FAULTS: 'full' },
    fileParallelism: false,
  },
})
