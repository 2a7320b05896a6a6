import { test } from 'vitest'
import { createGraphqlWorld, statementsOf } from './world.ts'
const world = await createGraphqlWorld()
test('scratch', async () => {
  const viewer = await world.createViewer()
  for (const n of [1,2]) {
  const created = await world.run(viewer, `mutation($i: DestinationCreateInput!){ destinationCreate(input:$i){ __typename ...on Destination { id } } }`, { i: { name: 'a', url: 'https://example.com/x', events: ['TODO_CREATED', 'SUMMARY_CREATED'] } })
  const id = created.data.destinationCreate.id
  await world.run(viewer, `mutation($i: ID!){ destinationActivate(id:$i){ __typename } }`, { i: id })
  }
  const inputs = Array.from({ length: 30 }, (_, n) => ({ event: 'SUMMARY_CREATED', data: { meeting_id: 'm' + n, session_id: 's', summary: 'x' } }))
  await world.run(viewer, `mutation($i: [EventPublishInput!]!){ eventPublishMany(inputs:$i){ __typename } }`, { i: inputs })
  let r: any
  for (const take of [1, 3]) {
  const s = await statementsOf(async () => { r = await world.prisma.destination.findMany({ take, select: { id: true, deliveries: { take: 2, orderBy: { id: 'desc' }, select: { id: true } } } }) })
  console.dir(r, { depth: 9 }); console.log(s)
  }
})
