import { defineConfig } from 'vitest/config'

/** Tests that need servers or languages beyond npm. What a machine lacks is skipped, and printed at the end. */
export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.outside.ts', 'test/machines/**/*.test.ts'],
    setupFiles: 'test/helpers/each-file.ts',
    globalSetup: ['test/helpers/global-setup.ts', 'test/outside/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: true,
    // They end what hangs. Servers of several kinds start at the same time, on whatever machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
})
