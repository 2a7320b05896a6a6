import { test } from 'vitest'
import { newId } from '../../src/adapters/ids.ts'
import { createGraphqlWorld, statementsOf } from './world.ts'

const world = await createGraphqlWorld()
test('scratch', async () => {
  const viewer = await world.createViewer()
  const created = await world.run(viewer, `mutation($i: DestinationCreateInput!){ destinationCreate(input:$i){ __typename ...on Destination { id name url events status secret{masked createdAt previousExpiresAt} } ... on UserError { message } } }`, { i: { name: 'a 100% b_c', url: 'https://example.com/x', events: ['TODO_CREATED', 'SUMMARY_CREATED'] } })
  console.dir(created, { depth: 9 })
  const id = created.data.destinationCreate.id
  console.dir(await world.run(viewer, `mutation($i: ID!){ destinationActivate(id:$i){ __typename } }`, { i: id }), { depth: 9 })
  const inputs = Array.from({ length: 30 }, (_, n) => ({ event: 'SUMMARY_CREATED', data: { meeting_id: 'm' + n, session_id: 's', summary: 'x' } }))
  const published = await world.run(viewer, `mutation($i: [EventPublishInput!]!){ eventPublishMany(inputs:$i){ __typename ... on EventsPublished { results { duplicate deliveryCount event { id type } } } ... on ValidationError { issues { path message } } } }`, { i: inputs })
  console.dir(published.data.eventPublishMany.results?.[0] ?? published, { depth: 9 })
  const deliveries = await world.prisma.delivery.findMany({})
  await world.prisma.deliveryAttempt.createMany({ data: deliveries.map((d) => ({ id: newId('att'), deliveryId: d.id, destinationId: d.destinationId, organizationId: viewer.organizationId, eventType: 'summary_created', number: 1, status: 'FAILED' as const, attemptedAt: new Date(), durationMs: 3, failureCode: 'DNS', failureMessage: 'x' })) })
  const q = `{ destinations { totalCount nodes { id name secret { masked } attempts(first: 25) { pageInfo { hasNextPage endCursor } nodes { number destination { name secret { masked} } delivery { id payload attempts { number } event { type data } } } } deliveries(first: 2) { edges { cursor node { id nextAttemptAt event { relations { associatedDealIds } } } } } } } }`
  let r: any
  const s = await statementsOf(async () => { r = await world.run(viewer, q) })
  console.dir(r, { depth: 12, maxArrayLength: 2 })
  console.log(s.length, s)
  const s2 = await statementsOf(async () => { r = await world.run(viewer, `{ events(first: 2, filter: {types: [SUMMARY_CREATED], since: "2020-01-01T00:00:00Z"}) { nodes { id type deliveries { nodes { id } } } } }`) })
  console.dir(r, { depth: 12, maxArrayLength: 2 })
  console.log(s2.length, s2)
  for (const search of ['100%', '%', '_', 'b_c', '\\', 'EXAMPLE', 'zzz']) console.log(search, (await world.run(viewer, `query($s:String){destinations(filter:{search:$s}){totalCount}}`, { s: search })).data.destinations.totalCount)
  const ids = [id, deliveries[0]!.id, deliveries[1]!.id, 'x', 'org_1', viewer.organizationId, id]
  const s3 = await statementsOf(async () => { r = await world.run(viewer, `query($i:[ID!]!){ nodes(ids:$i){ __typename id ... on Delivery { status event { type } } ... on Destination { name secret { masked } } } node(id:"${id}"){ ... on Destination { name } } n2: node(id: "garbage") { id } }`, { i: ids }) })
  console.dir(r, { depth: 12 })
  console.log(s3.length, s3)
  const many = Array.from({ length: 1000 }, (_, n) => ({ event: 'SUMMARY_CREATED', data: { meeting_id: 'm' + n, session_id: 's', summary: 'x' } }))
  for (const sel of ['id', 'id type', 'id type data']) {
    const t = performance.now()
    const st = await statementsOf(async () => { r = await world.run(viewer, `mutation($i: [EventPublishInput!]!){ eventPublishMany(inputs:$i){ __typename ... on EventsPublished { results { duplicate deliveryCount event { ${sel} } } } ... on ValidationError { issues { path message } } } }`, { i: many }) })
    console.log(sel, performance.now() - t, st.length, st.map((x) => x.slice(0, 200)))
  }
})
