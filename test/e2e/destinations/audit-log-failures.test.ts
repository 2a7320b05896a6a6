import { expect, test } from 'vitest'
import { actionsOf, logOf } from '../../helpers/audit-log.ts'
import { readRowsAsText } from '../../helpers/database-text.ts'
import { publishTodos } from '../../helpers/delivery-operations.ts'
import {
  inactiveDestination,
  readDestination,
  reveal,
} from '../../helpers/destination-operations.ts'
import { activeDestination } from '../../helpers/operations.ts'
import { ask, codesOf } from '../../helpers/raw-operation.ts'
import { createWorld } from '../../helpers/world.ts'

const URL = 'https://crm.example.com/hook-4711'
const WHOLE = '... on SecretRevealed { secret }'

test('an action that cannot be logged fails without an effect, and reveals no secret', async () => {
  await using world = await createWorld({ worker: false })
  const { client, app } = world
  const active = (await activeDestination(client, { url: URL })).id
  const idle = await inactiveDestination(client, URL)
  const secret = await reveal(client, idle)
  const rows = async () =>
    (await readRowsAsText(world.databaseUrl)).filter((row) => /^public\.(?!api_key )/.test(row))
  const before = await rows()
  const { db } = app.ports
  await db.query(`create function full_up() returns trigger language plpgsql as
    $$ begin raise exception 'no room'; end $$`)
  await db.query(
    'create trigger full_up before insert on audit_entry for each row execute function full_up()',
  )
  const calls = [
    'destinationCreate(input: { name: "x" })',
    `destinationUpdate(id: "${active}", input: { name: "Other" })`,
    `destinationSelectEvents(id: "${active}", events: [EMAIL_SENT])`,
    `destinationActivate(id: "${idle}")`,
    `destinationDeactivate(id: "${active}")`,
    `destinationRotateSecret(id: "${idle}")`,
    `destinationRevealSecret(id: "${idle}")`,
  ]
  for (const call of calls) {
    const selection = `{ __typename ${call.includes('Secret') ? WHOLE : ''} }`
    const answer = await ask(world, `mutation { ${call} ${selection} }`)
    expect(codesOf(answer), call).toEqual(['INTERNAL_SERVER_ERROR'])
    expect(JSON.stringify(answer)).not.toContain('wsec_')
  }
  expect(await rows()).toEqual(before)
  await db.query('drop trigger full_up on audit_entry')
  expect(await reveal(client, idle)).toBe(secret)
})

test('a secret that cannot be read is not logged as revealed', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const id = await inactiveDestination(client)
  await world.app.ports.db.query(`update signing_secret set current = current || 'AAAA'`)
  const show = `mutation { destinationRevealSecret(id: "${id}") { __typename } }`
  expect(codesOf(await ask(world, show))).toEqual(['INTERNAL_SERVER_ERROR'])
  expect(await actionsOf(client, id)).toEqual(['CREATED'])
})

test('a long deletion that is interrupted logs the changes that it made', async () => {
  await using world = await createWorld({ worker: false })
  const { client } = world
  const { id } = await activeDestination(client, { url: URL })
  await publishTodos(client, 1)
  const { db } = world.app.ports
  await db.query(
    `insert into delivery (id, event_id, destination_id, status)
    select 'dlv_' || n, event_id, destination_id, 'CANCELED'
    from delivery, generate_series(1, 5000) as n`,
  )
  await db.query(`create function stay() returns trigger language plpgsql as
    $$ begin raise exception 'interrupted'; end $$`)
  await db.query(
    'create trigger stay before delete on destination for each row execute function stay()',
  )
  const remove = `mutation { destinationDelete(id: "${id}") { __typename } }`
  expect(codesOf(await ask(world, remove))).toEqual(['INTERNAL_SERVER_ERROR'])
  expect(await readDestination(client, id)).toMatchObject({ status: 'INACTIVE', events: [] })
  const [events, status] = await logOf(client, id)
  expect(status).toMatchObject({ action: 'DEACTIVATED', actor: { name: 'test' } })
  expect(events).toMatchObject({ action: 'SETTINGS_CHANGED', changed: ['EVENTS'] })
  await db.query('drop trigger stay on destination')
  const { data } = await ask(world, remove)
  expect(data.destinationDelete.__typename).toBe('DestinationDeleted')
  expect(await db.prisma.auditEntry.count()).toBe(0)
})
