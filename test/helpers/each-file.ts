import { afterAll, beforeAll } from 'vitest'
import { dropDatabases, ownDatabases } from './database.ts'

// Files that run in one worker share its modules, so each file registers these hooks again.

// biome-ignore lint/correctness/noEmptyPattern: vitest reads the first parameter's pattern to know which fixtures to make.
beforeAll(({}, suite) => ownDatabases(suite))

// Registered first, so it runs last: after the file has closed what uses its databases.
afterAll(dropDatabases)
