import { expect, test } from 'vitest'
import { createDatabase } from '../helpers/database.ts'
import { judge, onDatabase } from './ledger.ts'

/** A destination with two deliveries: one failed and then arrived, one waits for its first attempt. */
const SOUND = `
insert into organization (id, name) values ('org', 'Acme');
insert into destination (id, organization_id, name, status, failure_count, events)
values ('whk', 'org', 'Receiver', 'ACTIVE', 1, '{todo_created}');
insert into event (id, organization_id, type, data, relations, timestamp, idempotency_key)
values
  ('evt1', 'org', 'todo_created', '{}', '{}', now(), 'first'),
  ('evt2', 'org', 'todo_created', '{}', '{}', now(), 'second');
insert into delivery (id, event_id, destination_id, status, attempt_count, due_at, completed_at)
values
  ('dlv1', 'evt1', 'whk', 'SUCCEEDED', 2, null, now()),
  ('dlv2', 'evt2', 'whk', 'PENDING', 0, now(), null);
insert into delivery_attempt (
  id, delivery_id, destination_id, organization_id, event_type, number, status, attempted_at, duration_ms, response_code
)
values
  ('att1', 'dlv1', 'whk', 'org', 'todo_created', 1, 'FAILED', now(), 5, 500),
  ('att2', 'dlv1', 'whk', 'org', 'todo_created', 2, 'SUCCEEDED', now(), 5, 200)`

function soundTables() {
  const at = Date.now()
  const received = (delivery_id: string, event_id: string) => ({
    delivery_id,
    event_id,
    destination_id: 'whk',
    at,
  })
  return {
    acknowledged: [
      { publication: 'first', event_id: 'evt1', destination_id: 'whk' as string | null },
      { publication: 'second', event_id: 'evt2', destination_id: 'whk' },
    ],
    // The second delivery is in flight, and one request was in flight at the time of the fault.
    received: [received('dlv1', 'evt1'), received('dlv1', 'evt1'), received('dlv2', 'evt2')],
    changed: [
      {
        destination_id: 'whk',
        kind: 'ACTIVATED' as 'ACTIVATED' | 'DEACTIVATED' | 'DELETED',
        began: at - 5_000,
        ended: at - 5_000,
      },
    ],
    fault: [{ name: 'a fault', in_flight: 1 }],
  }
}

type Seen = ReturnType<typeof soundTables>
const ignore = () => {}

/** For each invariant what breaks it: in the database, and in what was seen. */
const plants: [invariant: string, sql: string, spoil: (seen: Seen) => void][] = [
  [
    'an acknowledged publication has exactly one event',
    '',
    (seen) => seen.acknowledged.push({ ...seen.acknowledged[0]!, event_id: 'evt2' }),
  ],
  [
    'an acknowledged publication has exactly one event',
    '',
    (seen) =>
      seen.acknowledged.push({ publication: 'lost', event_id: 'gone', destination_id: null }),
  ],
  [
    'an acknowledged publication has a delivery for each destination active then',
    `delete from delivery where id = 'dlv2'`,
    (seen) => void seen.received.pop(),
  ],
  [
    'an acknowledged publication has a delivery for each destination active then',
    `update delivery set status = 'SKIPPED', due_at = null, completed_at = now() where id = 'dlv2'`,
    ignore,
  ],
  [
    'an event has one delivery for a destination',
    `insert into delivery (id, event_id, destination_id, status, due_at)
    values ('dlv3', 'evt2', 'whk', 'PENDING', now())`,
    (seen) =>
      seen.received.push({ ...seen.received[2]!, delivery_id: 'dlv3' }) &&
      seen.fault.push({ name: 'another', in_flight: 1 }),
  ],
  [
    'a delivery has ended or will be woken',
    `update delivery set due_at = null where id = 'dlv2'`,
    ignore,
  ],
  [
    'a delivery has ended or will be woken',
    `update delivery set due_at = now() - interval '61 s' where id = 'dlv2'`,
    ignore,
  ],
  [
    'a delivery has ended or will be woken',
    `update delivery set due_at = now() + interval '1 hour' where id = 'dlv2'`,
    ignore,
  ],
  [
    'a delivery has ended or will be woken',
    `update delivery set completed_at = null where id = 'dlv1'`,
    ignore,
  ],
  [
    'no destination is held by the dead',
    `select pgboss.create_queue('drain-destination', '{"policy":"short"}');
    insert into pgboss.job (name, data, state, started_on, heartbeat_on)
    values ('drain-destination', '{"destinationId":"whk"}', 'active', now() - interval '1 minute', now() - interval '31 s')`,
    ignore,
  ],
  [
    'attempts are numbered without gap or duplicate',
    `update delivery_attempt set number = 3 where id = 'att2'`,
    ignore,
  ],
  [
    'attempts are numbered without gap or duplicate',
    `drop index delivery_attempt_number; update delivery_attempt set number = 1 where id = 'att2'`,
    ignore,
  ],
  [
    'attempts are numbered without gap or duplicate',
    `update delivery set attempt_count = 3 where id = 'dlv1'`,
    ignore,
  ],
  [
    'a delivery that has succeeded is not attempted again',
    `update delivery_attempt set status = 'SUCCEEDED' where id = 'att1';
    update destination set failure_count = 0`,
    ignore,
  ],
  [
    'failure counts equal the recorded failures since activation',
    'update destination set failure_count = 2',
    ignore,
  ],
  [
    'failure counts equal the recorded failures since activation',
    'update destination set failure_count = 0',
    ignore,
  ],
  ['the receiver saw every event at least once', '', (seen) => void seen.received.pop()],
  [
    'nothing is recorded that the receiver did not answer',
    '',
    (seen) => void seen.received.shift(),
  ],
  [
    'no more is sent again than was in flight at the faults',
    '',
    (seen) => seen.received.push(seen.received[2]!),
  ],
  [
    'nothing is sent after a deletion or deactivation',
    '',
    ({ changed, received: [{ at } = { at: 0 }] }) =>
      changed.push({
        destination_id: 'whk',
        kind: 'DEACTIVATED',
        began: at - 1_500,
        ended: at - 1_001,
      }),
  ],
  [
    'nothing is sent after its delivery was canceled',
    `update delivery set status = 'CANCELED', due_at = null, completed_at = now() - interval '2 s' where id = 'dlv2'`,
    ignore,
  ],
]

async function judgeAfter(sql: string, seen: Seen) {
  const { url } = await createDatabase()
  await onDatabase(url, async (client) => {
    await client.query(SOUND)
    if (sql !== '') await client.query(sql)
  })
  return judge(url, seen)
}

test('consistent records violate no invariant', async () => {
  expect(await judgeAfter('', soundTables())).toEqual([])
})

test.each(plants)('"%s" is seen to be broken (plant %#)', async (invariant, sql, spoil) => {
  const seen = soundTables()
  spoil(seen)
  const violations = await judgeAfter(sql, seen)
  expect(new Set(violations.map((one) => one.invariant))).toEqual(new Set([invariant]))
})

test('a deactivation that was followed by an activation allows requests again', async () => {
  const seen = soundTables()
  const [{ at } = { at: 0 }] = seen.received
  seen.changed.unshift({
    destination_id: 'whk',
    kind: 'DEACTIVATED',
    began: at - 9_000,
    ended: at - 8_000,
  })
  expect(await judgeAfter('', seen)).toEqual([])
})
