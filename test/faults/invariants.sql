-- What holds whatever has happened to the service: to be run when a fault is over and everything has been delivered.
-- Each part lists what breaks one invariant; no row at all means that all of them hold.
--
-- Five temporary tables say what the test saw from outside. Times are milliseconds since 1970 of the test's clock.
--
--   acknowledged (publication, event_id, destination_id)
--       A publication that was answered with this event. `publication` is its idempotency key. One row for each
--       destination that was ACTIVE and had selected the event all through the call, and that can tell what it receives;
--       one row without a destination when there was none.
--   received (delivery_id, event_id, destination_id, at)
--       A request that the receiver of a destination got whole.
--   changed (destination_id, kind, began, ended)
--       A call that changed a destination's status: ACTIVATED, DEACTIVATED or DELETED, and when it was made and answered.
--   fault (name, in_flight)
--       A fault, and how many requests had been sent at that moment without a recorded result: they may be sent again.
--   grace (sending)
--       One row: milliseconds for which requests may be sent after a deletion, deactivation or cancellation.

select invariant, subject, detail
from (
  -- However often the client had to repeat the call, and whoever died meanwhile.
  select
    'an acknowledged publication has exactly one event' as invariant,
    publication as subject,
    format('%s stored, %s answered', count(distinct event.id), count(distinct event_id)) as detail
  from acknowledged
  left join event on event.idempotency_key = publication
  group by publication
  having count(distinct event.id) <> 1 or count(distinct event_id) <> 1 or min(event.id) <> min(event_id)

  union all

  select
    'an acknowledged publication has a delivery for each destination active then',
    format('%s to %s', wanted.event_id, wanted.destination_id),
    'there is none that was to be sent'
  from (select distinct event_id, destination_id from acknowledged) as wanted
  -- A deleted destination has taken its deliveries along.
  join destination on destination.id = wanted.destination_id
  where not exists (
    select from delivery
    where delivery.event_id = wanted.event_id and delivery.destination_id = wanted.destination_id
      and delivery.status <> 'SKIPPED'
  )

  union all

  select
    'an event has one delivery for a destination',
    format('%s to %s', event_id, destination_id),
    format('%s deliveries', count(*))
  from delivery
  group by event_id, destination_id
  having count(*) > 1

  union all

  -- The sweep wakes whatever is due for a second, so a delivery that nothing will wake is one without a time, one with a
  -- time that no retry has (the longest waits 32 s), or one that has been passed over for a minute.
  select
    'a delivery has ended or will be woken',
    id,
    format('%s, due %s, ended %s', status, due_at, completed_at)
  from delivery
  where (status = 'PENDING') is distinct from (completed_at is null)
    or (status = 'PENDING') is distinct from (due_at is not null)
    -- What is urgent is due a century before: see src/delivery/priority.ts.
    or case when due_at < '2000-01-01' then due_at + interval '876600 hours' else due_at end not between service_now() - interval '60 s' and service_now() + interval '33 s'

  union all

  -- A held job keeps all others from its destination. One without a sign of life goes to another worker after 10 s.
  select
    'no destination is held by the dead',
    data ->> 'destinationId',
    format('no sign of life since %s', heartbeat_on)
  from pgboss.job
  where name = 'drain-destination' and state = 'active'
    and coalesce(heartbeat_on, started_on) < pgboss.job_now() - interval '30 s'

  union all

  select
    'attempts are numbered without gap or duplicate',
    delivery.id,
    format(
      '%s counted, %s recorded, numbers %s', attempt_count, count(attempt.id), array_agg(number order by number)
    )
  from delivery
  left join delivery_attempt as attempt on attempt.delivery_id = delivery.id
  group by delivery.id
  having count(attempt.id) <> attempt_count
    or count(distinct number) <> attempt_count
    or coalesce(max(number), 0) <> attempt_count

  union all

  select
    'a delivery that has succeeded is not attempted again',
    delivery.id,
    format('number %s after success %s', later.number, success.number)
  from delivery
  join delivery_attempt as success on success.delivery_id = delivery.id and success.status = 'SUCCEEDED'
  join delivery_attempt as later on later.delivery_id = delivery.id and later.number > success.number
  -- Unless a customer asked for it.
  where attempt_base = 0

  union all

  -- Equal where a destination was activated once, before its first attempt. After a later activation the attempts that
  -- were on the wire at that moment may count or not, according to which commit came first.
  select
    'failure counts equal the recorded failures since activation',
    destination.id,
    format('%s counted, %s to %s recorded', failure_count, least, most)
  from destination
  left join (
    select destination_id, max(began) as asked, max(ended) as answered
    from changed where kind = 'ACTIVATED' group by destination_id
  ) as activation on activation.destination_id = destination.id
  cross join lateral (
    select
      count(*) filter (where started >= coalesce(answered, 0)) as least,
      count(*) filter (where started >= coalesce(asked, 0) - 60000) as most
    from (
      select extract(epoch from attempted_at) * 1000 as started
      from delivery_attempt
      join delivery on delivery.id = delivery_id
      where delivery_attempt.destination_id = destination.id
        and delivery_attempt.status = 'FAILED' and not delivery.test
    ) as failure
  ) as failures
  where failure_count not between least and most

  union all

  select
    'the receiver saw every event at least once',
    format('%s to %s', wanted.event_id, wanted.destination_id),
    format('the delivery %s is %s', delivery.id, delivery.status)
  from (select distinct event_id, destination_id from acknowledged) as wanted
  join delivery on delivery.event_id = wanted.event_id and delivery.destination_id = wanted.destination_id
  where delivery.status <> 'CANCELED'
    and not exists (select from received where received.delivery_id = delivery.id)

  union all

  select
    'nothing is recorded that the receiver did not answer',
    delivery_id,
    format('%s answers recorded, %s requests received', answers, requests)
  from (
    select delivery_id, count(*) as answers from delivery_attempt
    where response_code is not null
      and destination_id in (select destination_id from received)
    group by delivery_id
  ) as recorded
  left join (
    select delivery_id, count(*) as requests from received group by delivery_id
  ) as seen using (delivery_id)
  where answers > coalesce(requests, 0)

  union all

  select
    'no more is sent again than was in flight at the faults',
    'all requests',
    format('%s received, %s recorded, %s in flight', requests, attempts, in_flight)
  from (
    select
      (select count(*) from received join delivery on delivery.id = delivery_id) as requests,
      (
        select count(*) from delivery_attempt
        where destination_id in (select destination_id from received)
      ) as attempts,
      (select coalesce(sum(fault.in_flight), 0) from fault) as in_flight
  ) as totals
  where requests - attempts > in_flight

  union all

  -- Until it is activated again.
  select
    'nothing is sent after a deletion or deactivation',
    format('%s to %s', received.delivery_id, received.destination_id),
    format('%s ms after it was %s', round(received.at - changed.ended), changed.kind)
  from changed
  join received on received.destination_id = changed.destination_id and received.at > changed.ended + (select sending from grace)
  left join delivery on delivery.id = received.delivery_id
  where changed.kind <> 'ACTIVATED'
    -- A test send goes out whatever the status.
    and delivery.test is not true
    and not exists (
      select from changed as later
      where later.destination_id = changed.destination_id and later.kind = 'ACTIVATED'
        and later.began >= changed.ended and later.began <= received.at
    )

  union all

  select
    'nothing is sent after its delivery was canceled',
    delivery.id,
    format('canceled at %s', completed_at)
  from delivery
  join received on received.delivery_id = delivery.id
  where status = 'CANCELED' and received.at > extract(epoch from completed_at) * 1000 + (select sending from grace)
) as violation
order by invariant, subject
