import { defineConfig } from 'vitest/config'
import config from '../../vitest.config.ts'

/** All of the faults at their full extent, one file after the other: their bounds are times. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ['test/faults/**/*.test.ts'],
    env: { FAULTS: 'full' },
    fileParallelism: false,
  },
})
