import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Vite would take graphql's .mjs build where Node takes the other: two of them do not know each other's types.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'node_modules/**'],
    globalSetup: 'test/helpers/global-setup.ts',
    // Processes of their own: tests end processes, listen to signals and count open handles.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
