import { defineConfig } from 'vitest/config'
import config from '../../vitest.config.ts'

const { projects: _, sequence: __, ...shared } = config.test!

/** The faults and whatever else has bounds in time, at the full extent, one file after the other. */
export default defineConfig({
  ...config,
  test: {
    ...shared,
    include: [
      'test/faults/**/*.test.ts',
      'test/e2e/{hanging,many-processes,real-time,rolling-restart,signing-in,tracing}.test.ts',
      'test/trust/{operation-timeout,slow-subscribers}.test.ts',
    ],
    globalSetup: 'test/helpers/global-setup.ts',
    setupFiles: 'test/helpers/each-file.ts',
    env: { FAULTS: 'full' },
    fileParallelism: false,
  },
})
