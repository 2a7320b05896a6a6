import { configDefaults, defineConfig } from 'vitest/config'
import { LongestFirst } from './test/helpers/longest-first.ts'

/** Tests that need neither a database nor a browser. */
const UNIT = ['test/unit/**/*.test.ts']
const BROWSER = ['test/console/**/*.test.ts']
/** What needs servers or languages beyond npm is run by `npm run test:outside`. */
const ELSEWHERE = ['test/bench/**', 'test/machines/**']

const withDatabase = {
  globalSetup: 'test/helpers/global-setup.ts',
  setupFiles: 'test/helpers/each-file.ts',
  isolate: false,
}
const inCi = Boolean(process.env.CI)
/** Repeats the order of a run that printed it. */
const { TEST_SEED } = process.env

export default defineConfig({
  // Vite would take graphql's .mjs build where Node takes the other: two of them do not know each other's types.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    // Processes of their own: tests end processes, listen to signals and count open handles.
    pool: 'forks',
    maxWorkers: 3,
    // They end what hangs. No test depends on how fast the machine is.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 20_000 } },
    // CI shuffles files and tests by a random seed, which vitest prints, so that no test depends on an order.
    sequence: inCi
      ? { shuffle: { files: true, tests: true }, ...(TEST_SEED && { seed: Number(TEST_SEED) }) }
      : { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT, isolate: false } },
      {
        extends: true,
        test: {
          name: 'database',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...UNIT, ...BROWSER, ...ELSEWHERE],
          ...withDatabase,
        },
      },
      { extends: true, test: { name: 'browser', include: BROWSER, ...withDatabase } },
    ],
  },
})
