import { randomBytes } from 'node:crypto'
import { expect, inject } from 'vitest'
import { EXIT_CODES } from '../../src/process/startup-error.ts'
import { migrate } from '../../src/storage/migrations/migrations.ts'
import { debianPostgres, startDebianPostgres, startPgbouncer } from '../helpers/debian-postgres.ts'
import { program, type Requirement, testWhere } from '../helpers/machine.ts'
import { activeDestination, publishTodo } from '../helpers/operations.ts'
import { startReceiver } from '../helpers/receiver.ts'
import { runProgram } from '../helpers/service-process.ts'
import { createWorld } from '../helpers/world.ts'

const { pgbouncer } = inject('outside')

/** Debian's PgBouncer with its own libraries, which are newer than those of the machine. */
const newer = [
  `${pgbouncer!.path}/usr/lib64/ld-linux-x86-64.so.2`,
  '--library-path',
  `${pgbouncer!.path}/usr/lib/x86_64-linux-gnu`,
  `${pgbouncer!.path}/usr/sbin/pgbouncer`,
]

const VERSIONS: [name: string, command: string[], requirement: Requirement][] = [
  ['installed', ['pgbouncer'], program('pgbouncer')],
  [
    '1.24',
    newer,
    { met: !pgbouncer!.missing, reason: `needs PgBouncer 1.24: ${pgbouncer!.missing}` },
  ],
]

for (const [name, command, requirement] of VERSIONS) {
  testWhere(debianPostgres, requirement)(
    `behind PgBouncer (${name}) the service works in session mode with its defaults, and refuses transaction mode with the setting`,
    async () => {
      const server = await startDebianPostgres()
      const start = (mode: string) =>
        startPgbouncer(server, [`pool_mode = ${mode}`, 'default_pool_size = 40'], command)
      const [session, transaction] = [await start('session'), await start('transaction')]
      const at = (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`

      await migrate(at(session))
      await using world = await createWorld({ databaseUrl: at(session) })
      await using receiver = await startReceiver()
      await activeDestination(world.client, { url: receiver.url })
      const id = await publishTodo(world.client)
      expect((await receiver.request(1)).headers['webhook-id']).toBe(id)

      const { code, stderr } = await runProgram(['main.ts'], {
        DATABASE_URL: at(transaction),
        ENCRYPTION_KEYS: `test:${randomBytes(32).toString('base64')}`,
      })
      expect(stderr.trim()).toMatch(
        /^DATABASE_URL .*pooler in transaction mode, .*pool_mode=session.*$/,
      )
      expect(code).toBe(EXIT_CODES.database)
    },
  )
}
