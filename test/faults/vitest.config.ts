import { defineConfig } from 'vitest/config'
import config from '../../vitest.config.ts'

/** The faults and everything else with a bound in time, at the full extent, one file after the other. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ['test/faults/**/*.test.ts'],
    env: { FAULTS: 'full' },
    fileParallelism: false,
  },
})
