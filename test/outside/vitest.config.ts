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
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
  },
})
